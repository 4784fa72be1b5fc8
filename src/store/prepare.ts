import { createHash } from 'node:crypto';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { isAway, isStalePlan } from './errors.ts';

/** Names a server is asked to keep per connection; each costs it some ten kilobytes. */
const MAX_NAMES = 500;
/** Texts seen once that are remembered, so that the second time can be told. */
const MAX_SEEN = 1_000;
/** A search can be this long and longer; such a text is not worth the memory. */
const MAX_TEXT = 10_000;

export interface PrepareOptions {
  /** Whether to name statements at all; not behind a pooler that mixes up sessions. */
  readonly prepare: boolean;
  /** Whether a running statement can be cancelled from a second connection, which PGlite does not have. */
  readonly cancellable: boolean;
}

/**
 * The pool as Kysely's PostgresDialect uses it, sending statements that come again as named prepared ones,
 * which saves parsing and planning them (measured: a third to a half more keyed look-ups a second). A text gets a
 * name the second time it is seen, as long as there are names left; the others are sent unnamed.
 *
 * A named statement can turn stale: `cached plan must not change result type` after a migration, or
 * unknown to a connection that a pooler has swapped. Outside a transaction it is then sent again unnamed.
 * Inside one the error goes up, since PostgreSQL has already given the transaction up; `translate` makes a
 * `Retryable` of it, and the second run finds another name, or none. Where a pooler loses statements, no
 * more names are used at all.
 *
 * Cursors, cancellation (`processID`, `Client`, `options`) and statements without parameters pass through.
 */
export function preparing(pool: pg.Pool, { prepare, cancellable }: PrepareOptions): PostgresPool {
  const names = new StatementNames();
  if (!prepare) names.stop();
  const { Client } = pool as pg.Pool & Pick<PostgresPool, 'Client'>;
  // Kysely keeps its own connection per client object, so a client always gets the same wrapper.
  const wrappers = new WeakMap<pg.PoolClient, PreparingClient>();
  return {
    ...(cancellable && Client !== undefined && { Client }),
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let wrapper = wrappers.get(client);
      if (wrapper === undefined) wrappers.set(client, (wrapper = new PreparingClient(client, names)));
      return wrapper;
    },
  };
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #names: StatementNames;
  #broken = false;

  constructor(client: pg.PoolClient, names: StatementNames) {
    this.#client = client;
    this.#names = names;
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
    return this.#send(text, parameters as unknown[]) as unknown as Promise<PostgresQueryResult<R>>;
  }

  async #send(text: string, values: unknown[]): Promise<pg.QueryResult> {
    const name = values.length === 0 ? undefined : this.#names.of(text);
    try {
      return await (name === undefined ? this.#client.query(text, values) : this.#named(name, text, values));
    } catch (error) {
      if (isAway(error)) this.#broken = true;
      throw error;
    }
  }

  async #named(name: string, text: string, values: unknown[]): Promise<pg.QueryResult> {
    const client = this.#client as pg.PoolClient & { getTransactionStatus(): string | null };
    const inTransaction = client.getTransactionStatus() === 'T';
    try {
      return await client.query({ name, text, values });
    } catch (error) {
      const stale = isStalePlan(error);
      if (stale === undefined) throw error;
      if (stale === 'lost') this.#names.stop();
      else this.#names.renew(text, name);
      if (inTransaction) throw error;
      return client.query(text, values);
    }
  }
}

/** Which texts have names. One for all connections, each of which prepares a name when it first needs it. */
class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seen = new Set<string>();
  #given = 0;
  #stopped = false;

  of(text: string): string | undefined {
    if (this.#stopped) return undefined;
    const name = this.#names.get(text);
    if (name !== undefined || this.#given >= MAX_NAMES || text.length > MAX_TEXT) return name;
    if (this.#seen.delete(text)) return this.#give(text, '');
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(text);
    return undefined;
  }

  /** Gives the text another name, unless that has been done for another connection. */
  renew(text: string, name: string): void {
    if (this.#names.get(text) !== name) return;
    this.#names.delete(text);
    if (this.#given < MAX_NAMES) this.#give(text, `_${this.#given}`);
  }

  stop(): void {
    this.#stopped = true;
    this.#names.clear();
    this.#seen.clear();
  }

  #give(text: string, suffix: string): string {
    const name = `rc_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}${suffix}`;
    this.#names.set(text, name);
    this.#given += 1;
    return name;
  }
}
