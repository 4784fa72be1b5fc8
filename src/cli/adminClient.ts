/** Speaks to the admin API of a running server. */
import { CommandError } from './commandError.ts';

export interface AdminClient {
  /**
   * @param patience how long the server has to answer, in milliseconds
   * @throws CommandError that says what to do.
   */
  request<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    patience?: number,
  ): Promise<T>;
  /**
   * Sends a file while what the server says of it is read: one JSON object a line. Ends early when the server goes away.
   * @throws CommandError that says what to do.
   */
  upload<T>(path: string, file: Upload): AsyncIterable<T>;
}

export interface Upload {
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const PATIENCE = 15_000;

/** For what the server does to many accounts before it answers. After five minutes fetch gives up by itself. */
export const LONG_PATIENCE = 290_000;

export function createAdminClient(url: string, adminToken: string): AdminClient {
  const base = url.replace(/\/+$/, '');
  const authorization = `Bearer ${adminToken}`;
  const unreachable = (error: unknown, patience = PATIENCE): CommandError =>
    new CommandError(
      isTimeout(error) && patience === LONG_PATIENCE
        ? `The server at ${base} has not answered within ${patience / 1000} s, and may still be at it; type the same again to see it through.`
        : `No server answers at ${base} (${reasonOf(error)}): start it, or name another with --url.`,
    );
  const refusal = (status: number, answer: unknown): CommandError => {
    const detail = (answer as { detail?: unknown } | undefined)?.detail;
    if (typeof detail !== 'string')
      return new CommandError(`What answers at ${base} is not a Rollcall server.`);
    return new CommandError(
      status === 401
        ? `The server at ${base} does not take this admin token: set ADMIN_TOKEN to its own.`
        : detail,
    );
  };
  return {
    async request<T>(method: string, path: string, body?: unknown, patience = PATIENCE): Promise<T> {
      const response = await fetch(`${base}/admin/v1${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patience),
      }).catch((error: unknown) => {
        throw unreachable(error, patience);
      });
      const text = await response.text();
      const answer = parse(text);
      if (response.ok && (answer !== undefined || text === '')) return answer as T;
      throw refusal(response.status, answer);
    },

    async *upload<T>(path: string, { type, bytes, signal }: Upload): AsyncGenerator<T> {
      const response = await fetch(`${base}/admin/v1${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body: bytes as unknown as ReadableStream,
        duplex: 'half',
        signal,
      }).catch((error: unknown) => {
        throw signal.aborted ? error : unreachable(error);
      });
      if (!response.ok || response.body === null)
        throw refusal(response.status, parse(await response.text()));
      const decoder = new TextDecoder();
      let rest = '';
      try {
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) yield JSON.parse(line) as T;
        }
      } catch (error) {
        // The connection broke; whoever waits for the last message sees that it is missing.
        if (signal.aborted || !(error instanceof TypeError)) throw error;
      }
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

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

function reasonOf(error: unknown): string {
  if (isTimeout(error)) return `no answer within ${PATIENCE / 1000} s`;
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' ? cause.code : (error as Error).message;
}
