import { setImmediate } from 'node:timers/promises';
import { Kysely, type PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { gather } from './gather.ts';
import { SealedDialect } from './guard/sealedDialect.ts';
import { tenantGuard } from './guard.ts';
import { PreparingClient, type StatementNames } from './prepare.ts';
import type { Send } from './send.ts';
import type { Database } from './tables.ts';
import type { TenantScope } from './tenantScope.ts';

/** A tenant's data inside a transaction. */
export interface TransactionScope extends TenantScope {
  /**
   * Sends the commit behind what was sent, whose outcome need not be looked at before: where something of it fails,
   * nothing is committed. Nothing can be sent afterwards.
   */
  readonly commit: () => Promise<void>;
}

export interface TransactionDeps {
  readonly pool: pg.Pool;
  readonly names: StatementNames;
  /** Whether statements may be sent before the ones sent earlier are answered. */
  readonly pipelined: boolean;
}

/** A transaction that sees one moment, and changes nothing. */
export const SNAPSHOT = 'begin isolation level repeatable read, read only';

/**
 * Runs the work in a transaction. `begin` travels with the first statement, and `commit` with the last where the work
 * says which that is.
 *
 * @throws what the work throws, after the transaction has been rolled back; what the driver throws
 */
export async function inTransaction<T>(
  { pool, names, pipelined }: TransactionDeps,
  tenantId: string,
  work: (scope: TransactionScope) => Promise<T>,
  begin: 'begin' | typeof SNAPSHOT = 'begin',
): Promise<T> {
  const raw = await pool.connect();
  const client = PreparingClient.of(raw, names);
  /** Of the first statement that failed, after which there is nothing to commit. */
  let failure: { readonly error: unknown } | undefined;
  /** The last thing sent: nothing may come behind the end, where it would stand outside the transaction. */
  let end: Promise<pg.QueryResult> | undefined;
  if (pipelined) gather(raw, (send) => process.nextTick(send));
  const begun = raw.query(begin);
  // Where it fails, so does every statement after it, which is where that is told.
  begun.catch(() => undefined);
  let before: Promise<unknown> = begun;
  const inOrder = <R>(query: () => Promise<R>): Promise<R> => {
    if (end) return Promise.reject(new Error('the transaction has ended'));
    if (pipelined) gather(raw, (send) => process.nextTick(send));
    const sent = pipelined ? query() : before.then(query);
    before = sent.catch((error: unknown) => {
      failure ??= { error };
    });
    return sent;
  };
  const send: Send = async (statement) => (await inOrder(() => client.send(statement, true))).rows;
  const endWith = (text: 'commit' | 'rollback'): Promise<pg.QueryResult> => {
    const ending = inOrder(() => raw.query(text));
    ending.catch(() => undefined);
    end ??= ending;
    return ending;
  };
  const commit = async (): Promise<void> => void (await endWith('commit'));
  let db: Kysely<Database> | undefined;
  try {
    const result = await work({
      get db() {
        return (db ??= handleOver(client, inOrder).withPlugin(tenantGuard(tenantId)));
      },
      tenantId,
      send,
      commit,
    });
    const { command } = await (end ?? endWith('commit'));
    // PostgreSQL answers the commit of a transaction that has failed with a rollback, which is no error to it.
    if (command !== 'COMMIT') {
      // What has failed may be told after that, if it was sent together with the commit.
      await setImmediate();
      throw failure ? failure.error : new Error('the transaction was rolled back');
    }
    client.release();
    return result;
  } catch (error) {
    const undone = await (end ?? endWith('rollback')).then(
      () => true,
      () => false,
    );
    client.release(!undone);
    throw error;
  }
}

/** Kysely over the connection of one transaction, which it neither takes nor gives back. */
function handleOver(
  client: PreparingClient,
  inOrder: <R>(query: () => Promise<R>) => Promise<R>,
): Kysely<Database> {
  const only: PostgresPoolClient = {
    processID: client.processID,
    release: () => undefined,
    query: ((text: string, values: readonly unknown[]) =>
      inOrder(() => client.query(text, values))) as PostgresPoolClient['query'],
  };
  return new Kysely<Database>({
    dialect: new SealedDialect({
      pool: { options: {}, connect: () => Promise.resolve(only), end: () => Promise.resolve() },
    }),
  });
}
