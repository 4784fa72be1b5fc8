/** The log: JSON lines on stdout, or readable ones where a person is looking. */
import { pino } from 'pino';
import type { Observation, Observer, RequestObserved } from './observe.ts';

/** Where observations become log lines. */
export interface Log {
  readonly observe: Observer;
  /** Writes what is still buffered. */
  readonly flush: () => void;
}

/** @param pretty ask for readable lines; granted when pino-pretty is installed. */
export async function createLog(options: {
  level: string;
  pretty: boolean;
  /** The number of this process among several, which each line bears. */
  worker?: number | undefined;
  destination?: LogDestination;
}): Promise<Log> {
  const destination = options.destination ?? (await standardOutput(options.pretty, options.worker));
  const logger = pino(
    {
      level: options.level,
      base: options.worker === undefined ? null : { worker: options.worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      errorKey: 'error',
      serializers: { error: describe },
    },
    destination,
  );
  return {
    observe(observation) {
      if (observation.kind === 'request') {
        logger[requestLevel(observation)](requestFields(observation), 'request');
        return;
      }
      const { level, message, ...fields } = line(observation);
      logger[level](fields, message);
    },
    flush: () => destination.flushSync?.(),
  };
}

/** Something lines are written to. */
export interface LogDestination {
  write(line: string): unknown;
  flushSync?(): void;
}

async function standardOutput(pretty: boolean, worker: number | undefined): Promise<LogDestination> {
  if (pretty) {
    const installed = await import('pino-pretty').catch(() => undefined);
    if (installed !== undefined) {
      return installed.default({
        colorize: true,
        singleLine: true,
        sync: true,
      });
    }
  }
  // Lines are gathered for a moment, since a system call for each would cost more than the request line.
  // Several processes share the output: what is written at once has to be whole lines, and no longer than a pipe takes in
  // one piece (PIPE_BUF).
  const size = worker === undefined ? { minLength: 4096 } : { minLength: 2048, maxWrite: 4096 };
  return pino.destination({ dest: 1, sync: false, periodicFlush: 100, ...size });
}

type Line = {
  level: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  message: string;
  error?: unknown;
} & Record<string, unknown>;

function line(observation: Exclude<Observation, RequestObserved>): Line {
  switch (observation.kind) {
    case 'database-awaited':
      return { level: 'warn', message: 'waiting for the database', error: messageOf(observation.error) };
    case 'migrated':
      return {
        level: observation.applied.length > 0 ? 'info' : 'debug',
        message: observation.applied.length > 0 ? 'database migrated' : 'database is current',
        applied: observation.applied,
        version: observation.version,
      };
    case 'listening':
      return { level: 'info', message: `listening on ${observation.address}` };
    case 'idle-connection-lost':
      return {
        level: 'warn',
        message: 'an idle database connection was lost',
        error: messageOf(observation.error),
      };
    case 'announcements':
      return announcementsLine(observation);
    case 'connections-exceed':
      return {
        level: 'warn',
        message:
          `up to ${observation.wanted} database connections may be opened, and the database allows ` +
          `${observation.allowed}: lower DATABASE_POOL_SIZE or WORKERS, or raise max_connections`,
      };
    case 'limits-not-with-role':
      return {
        level: 'warn',
        message:
          'behind a connection pooler STATEMENT_TIMEOUT_MS does not reach every session: give it to the role too ' +
          `(alter role … set statement_timeout = ${observation.statementTimeoutMs})`,
      };
    case 'worker-ended':
      return {
        level: 'error',
        message: `worker ${observation.worker} has ended and is replaced in ${observation.again} ms`,
        reason: observation.reason,
      };
    case 'exchanges-dropped':
      return {
        level: 'error',
        message: 'provisioning log entries were lost',
        count: observation.count,
        error: observation.error,
      };
    case 'job':
      return {
        level: observation.error === undefined ? 'debug' : 'error',
        message: observation.error === undefined ? 'a job has run' : 'a job failed',
        job: observation.name,
        durationMs: Math.round(observation.durationMs),
        error: observation.error,
      };
    case 'response-broken':
      return {
        level: 'warn',
        message: 'a response broke off',
        requestId: observation.requestId,
        error: messageOf(observation.error),
      };
    case 'client-error':
      return { level: 'debug', message: 'a connection sent no valid HTTP request', code: observation.code };
    case 'closing':
      return observation.error === undefined
        ? { level: 'info', message: `closing: ${observation.reason}` }
        : { level: 'fatal', message: `closing: ${observation.reason}`, error: observation.error };
    case 'closed':
      return { level: 'info', message: 'closed' };
  }
}

function announcementsLine({ state, error }: Observation & { kind: 'announcements' }): Line {
  switch (state) {
    case 'lost':
      return {
        level: 'warn',
        message: 'changes on other servers are not heard of at once, but within three seconds',
        error: messageOf(error),
      };
    case 'back':
      return { level: 'info', message: 'changes on other servers are heard of at once again' };
    case 'pooled':
      return {
        level: 'info',
        message: 'behind a connection pooler, changes on other servers are known within three seconds',
      };
  }
}

const PROBES = new Set(['livez', 'readyz', 'metrics']);

function requestLevel({ status, operation }: RequestObserved): Line['level'] {
  // 501 is what a client asked for that is not offered, and no fault of the server.
  if (status >= 500 && status !== 501) return 'error';
  return PROBES.has(operation ?? '') ? 'debug' : 'info';
}

function requestFields(request: RequestObserved): object {
  const { requestId, tenant, operation, method, path, status, tolerances, client, scimType } = request;
  return {
    requestId,
    tenant,
    operation,
    method,
    path,
    status,
    scimType,
    durationMs: Math.round(request.durationMs * 100) / 100,
    tolerances: tolerances.length > 0 ? tolerances : undefined,
    client,
    error: request.error,
  };
}

/** Only what helps to find the fault: drivers hang rows, parameters and hosts on their errors. */
function describe(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: thrown.stack,
    ...(thrown.cause === undefined ? {} : { cause: describe(thrown.cause) }),
  };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
