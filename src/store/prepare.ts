import { createHash } from 'node:crypto';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { isAway, isStalePlan } from './errors.ts';
import type { Filled } from './send.ts';

/** Names a server is asked to keep per connection; each costs it some ten kilobytes. */
const MAX_NAMES = 500;

export interface PrepareOptions {
  /** Whether to name statements at all; not behind a pooler that mixes up sessions. */
  readonly prepare: boolean;
  /** Whether a running statement can be cancelled from a second connection, which PGlite does not have. */
  readonly cancellable: boolean;
}

/**
 * The pool as Kysely's PostgresDialect uses it. Statements with slots are sent as named prepared ones, so that they are
 * parsed and planned once on each connection. What the query builder makes for one request has no name: it is planned
 * with its values in view, since a plan made for a tenant of average size is a bad one for a large tenant.
 *
 * A named statement can turn stale: `cached plan must not change result type` after a migration, or
 * unknown to a connection that a pooler has swapped. Outside a transaction it is then sent again unnamed.
 * Inside one the error goes up, since PostgreSQL has already given the transaction up; `translate` makes a
 * `Retryable` of it, and the second run finds another name, or none. Where a pooler loses statements, no
 * more names are used at all.
 *
 * Cursors and cancellation (`processID`, `Client`, `options`) pass through.
 */
export function preparing(
  pool: pg.Pool,
  names: StatementNames,
  { cancellable }: Pick<PrepareOptions, 'cancellable'>,
): PostgresPool {
  const { Client } = pool as pg.Pool & Pick<PostgresPool, 'Client'>;
  return {
    ...(cancellable && Client !== undefined && { Client }),
    options: pool.options,
    end: () => pool.end(),
    connect: async () => PreparingClient.of(await pool.connect(), names),
  };
}

/** One connection of the pool, until it is released. */
export class PreparingClient implements PostgresPoolClient {
  // Kysely keeps its own connection per client object, so a client always gets the same wrapper.
  static readonly #known = new WeakMap<pg.PoolClient, PreparingClient>();
  readonly #client: pg.PoolClient;
  readonly #names: StatementNames;
  #broken = false;

  private constructor(client: pg.PoolClient, names: StatementNames) {
    this.#client = client;
    this.#names = names;
  }

  static of(client: pg.PoolClient, names: StatementNames): PreparingClient {
    let wrapper = PreparingClient.#known.get(client);
    if (wrapper === undefined) {
      PreparingClient.#known.set(client, (wrapper = new PreparingClient(client, names)));
    }
    return wrapper;
  }

  get processID(): number {
    return (this.#client as pg.PoolClient & { processID: number }).processID;
  }

  /** A session that has ended may be told before its socket is: nobody else should get it. */
  release(destroy = false): void {
    this.#client.release(destroy || this.#broken);
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') return this.#client.query(text as never);
    return this.#send(undefined, text, parameters as unknown[]) as unknown as Promise<PostgresQueryResult<R>>;
  }

  /** @param inTransaction whether a transaction has been begun, be it that the server has not said so yet */
  send(
    { text, values, planned }: Filled,
    inTransaction: boolean,
  ): Promise<pg.QueryResult<Record<string, unknown>>> {
    return this.#send(planned ? this.#names.of(text) : undefined, text, values, inTransaction);
  }

  async #send(
    name: string | undefined,
    text: string,
    values: unknown[],
    inTransaction = this.#isInTransaction(),
  ): Promise<pg.QueryResult> {
    try {
      return await (name === undefined
        ? this.#client.query(text, values)
        : this.#named(name, text, values, inTransaction));
    } catch (error) {
      if (isAway(error)) this.#broken = true;
      throw error;
    }
  }

  async #named(
    name: string,
    text: string,
    values: unknown[],
    inTransaction: boolean,
  ): Promise<pg.QueryResult> {
    try {
      return await this.#client.query({ name, text, values });
    } catch (error) {
      if (!this.#names.outdated(error, text, name, this.#client) || inTransaction) throw error;
      return this.#client.query(text, values);
    }
  }

  #isInTransaction(): boolean {
    const client = this.#client as pg.PoolClient & { getTransactionStatus(): string | null };
    return client.getTransactionStatus() === 'T';
  }
}

/**
 * Whether the session has said that it has prepared the statement. It has not where one that was sent before failed to be
 * prepared, e.g. in a transaction that had been given up: those behind it miss it, and nobody has lost it.
 */
function wasPrepared(client: pg.ClientBase, name: string): boolean {
  const { connection } = client as pg.ClientBase & {
    readonly connection: { readonly parsedStatements: Readonly<Record<string, string>> };
  };
  return name in connection.parsedStatements;
}

/** Which texts have names. One for all connections, each of which prepares a name when it first needs it. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #given = 0;
  #stopped: boolean;

  constructor({ prepare }: Pick<PrepareOptions, 'prepare'>) {
    this.#stopped = !prepare;
  }

  /** @returns undefined where no names are to be used, or none is left */
  of(text: string): string | undefined {
    if (this.#stopped) return undefined;
    return this.#names.get(text) ?? (this.#given < MAX_NAMES ? this.#give(text, '') : undefined);
  }

  /** Whether a statement failed only because of its name, which it then loses. */
  outdated(error: unknown, text: string, name: string, client: pg.ClientBase): boolean {
    const stale = isStalePlan(error);
    if (stale === 'changed') this.#renew(text, name);
    else if (stale === 'taken' || (stale === 'missing' && wasPrepared(client, name))) this.stop();
    return stale !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#names.clear();
  }

  /** Gives the text another name, unless that has been done for another connection. */
  #renew(text: string, name: string): void {
    if (this.#names.get(text) !== name) return;
    this.#names.delete(text);
    if (this.#given < MAX_NAMES) this.#give(text, `_${this.#given}`);
  }

  #give(text: string, suffix: string): string {
    const name = `rc_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}${suffix}`;
    this.#names.set(text, name);
    this.#given += 1;
    return name;
  }
}
