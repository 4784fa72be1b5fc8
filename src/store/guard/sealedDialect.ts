import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryId,
  type RootOperationNode,
} from 'kysely';
import { checkStatement } from './checkStatement.ts';
import { isChecked, isPrinted, markPrinted } from './checked.ts';
import { checkRawText } from './rawText.ts';

/**
 * The PostgreSQL dialect, closed behind the tenant guard. A handle loses the guard by `withoutPlugins()`,
 * gets round it by a plugin added later, or by `executeQuery(CompiledQuery.raw(…))`. Whatever arrives here
 * without a guard's mark is checked as a query that may reach no tenant table, so that losing the guard
 * only ever takes rights away.
 */
export class SealedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createQueryCompiler(): QueryCompiler {
    return new SealedCompiler();
  }

  override createDriver(): Driver {
    return new SealedDriver(this.#config);
  }
}

class SealedCompiler extends PostgresQueryCompiler {
  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    if (!isChecked(node)) checkStatement(node, null);
    const query = super.compileQuery(node, queryId);
    markPrinted(query);
    return query;
  }
}

class SealedDriver extends PostgresDriver {
  readonly #sealed = new WeakSet<DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    if (!this.#sealed.has(connection)) {
      this.#seal(connection);
      this.#sealed.add(connection);
    }
    return connection;
  }

  // The connection object is Kysely's own and lives as long as its client, so its methods are replaced once.
  #seal(connection: DatabaseConnection): void {
    const execute = connection.executeQuery.bind(connection);
    const stream = connection.streamQuery.bind(connection);
    const check = (query: CompiledQuery): void => {
      if (!isPrinted(query)) checkRawText(query.sql, 'statement');
    };
    // Asynchronous, as the driver only gives a connection back after a rejected promise.
    connection.executeQuery = async (query, ...rest) => {
      check(query);
      return execute(query, ...rest);
    };
    connection.streamQuery = (query, ...rest) => {
      check(query);
      return stream(query, ...rest);
    };
  }
}
