/** Speaks to the admin API of a running server. */
import { CommandError } from './commandError.ts';

export interface AdminClient {
  /** @throws CommandError that says what to do. */
  request<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

/** How long the server has to answer, in milliseconds. */
const PATIENCE = 15_000;

export function createAdminClient(url: string, adminToken: string): AdminClient {
  const base = url.replace(/\/+$/, '');
  return {
    async request<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${base}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${adminToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE),
      }).catch((error: unknown) => {
        throw new CommandError(
          `No server answers at ${base} (${reasonOf(error)}): start it, or name another with --url.`,
        );
      });
      const text = await response.text();
      const answer = parse(text);
      if (response.ok && (answer !== undefined || text === '')) return answer as T;
      const detail = (answer as { detail?: unknown } | undefined)?.detail;
      if (typeof detail !== 'string')
        throw new CommandError(`What answers at ${base} is not a Rollcall server.`);
      if (response.status === 401) {
        throw new CommandError(
          `The server at ${base} does not take this admin token: set ADMIN_TOKEN to its own.`,
        );
      }
      throw new CommandError(detail);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${PATIENCE / 1000} s`;
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' ? cause.code : (error as Error).message;
}
