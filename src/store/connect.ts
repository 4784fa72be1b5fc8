import pg from 'pg';
import { type Connection, connectionOver } from './connection.ts';
import { openLanes } from './lanes.ts';

export interface ConnectOptions {
  readonly databaseUrl: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** Whether to use named prepared statements; not behind a pooler that cannot keep them. */
  readonly prepare: boolean;
  /** How long one statement may take; 0 for as long as it likes. */
  readonly statementTimeoutMs: number;
  /** What the server shows of us in pg_stat_activity. */
  readonly applicationName: string;
  /** Told when a connection breaks that nobody is using. The pool replaces it by itself. */
  readonly onIdleError: (error: Error) => void;
}

/** How long a request waits for a connection before it is answered 503. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How many of the connections are shared by look-ups, where there are enough of them. */
const LANES = 2;
const FEWEST_WITH_LANES = 6;
/** A transaction holds row locks, and nothing here thinks for long while holding them. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/**
 * Opens a pool on PostgreSQL 14 or later. Nothing is sent until the first query, so that this never fails.
 *
 * The limits are set by a statement on each new connection, not as startup parameters: PgBouncer refuses
 * those it does not track. In its transaction mode a SET reaches the server connection that happens to serve
 * it, and stays there for whoever comes next with the same user and database, which is this program again;
 * server connections it opens later lack them. There, give them to the role as well:
 * `alter role … set statement_timeout = …`.
 */
export function connect(options: ConnectOptions): Connection {
  const { databaseUrl, poolSize, statementTimeoutMs, applicationName, prepare, onIdleError } = options;
  const settings =
    `set statement_timeout = ${Math.trunc(statementTimeoutMs)};` +
    `set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};` +
    // Statements here are short; compiling one takes longer than carrying it out.
    'set jit = off;' +
    // The guard reads string literals as the standard has them.
    'set standard_conforming_strings = on';
  const clientOptions = {
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    pipeline: true,
  };
  const lanes = poolSize >= FEWEST_WITH_LANES ? LANES : 0;
  const pool = new pg.Pool({
    ...clientOptions,
    max: poolSize - lanes,
    idleTimeoutMillis: 60_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it; its types do not say so
    onConnect: (opened) => opened.query(settings),
  });
  pool.on('error', onIdleError);
  // A connection that breaks inside a transaction, between two statements, has no query to fail: without a
  // listener it would end the process. The next query on it is rejected, which is all there is to do.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const openLane = async (): Promise<pg.Client> => {
    const opened = new pg.Client(clientOptions);
    opened.on('error', () => undefined);
    await opened.connect();
    await opened.query(settings);
    return opened;
  };
  return connectionOver(pool, {
    embedded: false,
    prepare,
    cancellable: true,
    pipelined: true,
    ...(lanes > 0 && { lanes: (names) => openLanes({ count: lanes, connect: openLane, names }) }),
  });
}
