import { invalidValue, ScimError, tooMany, unavailable } from '../scim/errors.ts';

/**
 * What the database says, in this program's words. This is the only file that knows SQLSTATE
 * (PostgreSQL manual, appendix A) and the messages of the driver.
 */

/** Two rows claim one value. `constraint` is the name of the unique index; operations know what it means. */
export class UniqueViolation extends Error {
  readonly constraint: string;
  /** PostgreSQL's own sentence, which names the columns and the value. For logs, not for clients. */
  readonly detail: string | undefined;

  constructor(constraint: string, detail: string | undefined, cause: unknown) {
    super(`unique constraint ${constraint} is violated`, { cause });
    this.name = 'UniqueViolation';
    this.constraint = constraint;
    this.detail = detail;
  }
}

/** The transaction lost against another one and would pass if it were run again. */
export class Retryable extends Error {
  constructor(cause: unknown) {
    super('the transaction lost against another one', { cause });
    this.name = 'Retryable';
  }
}

/** Seconds after which a client may come back when the database is away. */
const RETRY_AFTER = 5;

const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);
/** Not text that PostgreSQL can hold: U+0000, or half of a surrogate pair in jsonb. */
const NOT_TEXT: ReadonlySet<string> = new Set(['22021', '22P05']);
/** Shutting down, starting up, out of connections, disk or memory, a standby, a session it has ended. */
const AWAY: ReadonlySet<string> = new Set('57P01 57P02 57P03 57P05 53100 53200 53300 25006 25P03'.split(' '));
/** The database is gone, or refuses this role: waiting does not help, but it is the operator's matter, not the client's. */
const REFUSED: ReadonlySet<string> = new Set(['3D000', '28000', '28P01']);
const NETWORK =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
// From pg, pg-pool, Kysely and PGlite, which give these no code.
const AWAY_MESSAGES =
  /^(?:timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|PGlite is clos|Cannot use a pool after calling end|driver has already been destroyed|Postgres connection has been discarded)/;

/**
 * Turns an error of the database driver into one that the rest of the program knows: `UniqueViolation`,
 * `Retryable`, or a `ScimError` (503 while the database is away or for a write that takes too long, 400
 * tooMany for such a read, 400 invalidValue for text that cannot be stored). Anything else comes back as it is.
 */
export function translate(error: unknown, during: 'read' | 'write' = 'read'): unknown {
  if (!(error instanceof Error) || error instanceof ScimError) return error;
  const { code, constraint, detail } = error as Error & Record<'code' | 'constraint' | 'detail', unknown>;
  if (typeof code === 'string') {
    if (code === '23505' && typeof constraint === 'string')
      return new UniqueViolation(constraint, typeof detail === 'string' ? detail : undefined, error);
    if (CONFLICTS.has(code) || isStalePlan(error)) return new Retryable(error);
    // 57014 is also what a statement ends with that was cancelled because its client has gone.
    if (code === '57014' && error.message.endsWith('statement timeout'))
      return caused(
        during === 'read'
          ? tooMany('The search takes too long. Narrow it, e.g. by userName or externalId.')
          : unavailable('The change takes too long. Try again.', RETRY_AFTER),
        error,
      );
    if (NOT_TEXT.has(code))
      return caused(invalidValue('A value holds a character that cannot be stored.'), error);
  }
  if (isAway(error) || (typeof code === 'string' && REFUSED.has(code)))
    return caused(unavailable('The database cannot be reached. Try again.', RETRY_AFTER), error);
  return error;
}

/**
 * Whether a named statement is no longer what was prepared: its tables have changed since, or a pooler has
 * moved the session to a connection that lacks it (26000) or has another client's of that name (42P05).
 */
export function isStalePlan(error: unknown): 'changed' | 'missing' | 'taken' | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as Error & { code?: unknown };
  if (code === '0A000' && message === 'cached plan must not change result type') return 'changed';
  if (code === '42P05') return 'taken';
  return code === '26000' ? 'missing' : undefined;
}

/** Whether the database is away, rather than unable to do what was asked. */
export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isAway);
  if (!(error instanceof Error)) return false;
  const { code, message, syscall } = error as Error & Record<'code' | 'syscall', unknown>;
  if (typeof code !== 'string') return AWAY_MESSAGES.test(message);
  // Without a server, its socket file is missing.
  if (code === 'ENOENT') return syscall === 'connect';
  // 55000 is said of many things; this is one that passes.
  if (code === '55000') return message.endsWith('is not currently accepting connections');
  return NETWORK.test(code) || AWAY.has(code) || code.startsWith('08');
}

/** Whether a row is at fault, and would be refused again: class 22 (data) or 23 (integrity). */
export function isUnfit(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23]...$/.test(code);
}

/**
 * Runs a transaction, again when it lost against another one, and gives its errors the names of this file.
 *
 * @param attempts how often at most, the first run included
 * @param during what a timeout means, as `translate` has it
 * @throws what `translate` makes of the last error; `unavailable` when all attempts lost
 */
export async function retrying<T>(
  run: () => Promise<T>,
  attempts = 3,
  during: 'read' | 'write' = 'write',
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (thrown) {
      const error = translate(thrown, during);
      if (!(error instanceof Retryable)) throw error;
      if (attempt >= attempts)
        throw caused(unavailable('Others are changing the same resources. Try again.', 1), error);
    }
  }
}

function caused(error: ScimError, cause: unknown): ScimError {
  error.cause = cause;
  return error;
}
