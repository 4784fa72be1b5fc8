import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { Observer } from '../observe.ts';
import { connect } from '../store/connect.ts';
import type { Connection } from '../store/connection.ts';
import { DataLockedError } from '../store/dataLock.ts';
import { isAway } from '../store/errors.ts';
import { migrate } from '../store/migrate.ts';
import { packagePath } from './packagePath.ts';
import { reasonOf } from './reasonOf.ts';
import { StartError } from './startError.ts';

/** How long a database that is not there yet is waited for, and how long between attempts, in milliseconds. */
const PATIENCE = 60_000;
const PAUSE = 1_000;

/** Brings the database up to date; servers that do so at once wait for one another. */
export function migrated(observe: Observer): (connection: Connection) => Promise<void> {
  return async ({ pool }) =>
    observe({ kind: 'migrated', ...(await migrate(pool, packagePath('migrations'))) });
}

/**
 * Opens the database, and waits for one that is not there yet.
 *
 * @param prepare what has to be done with it first
 * @throws StartError
 */
export async function openDatabase(
  config: Config,
  observe: Observer,
  prepare: (connection: Connection) => Promise<void>,
): Promise<Connection> {
  const connection = await open(config, observe);
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      await prepare(connection);
      return connection;
    } catch (error) {
      if (isAway(error) && performance.now() < deadline) {
        observe({ kind: 'database-awaited', error: reasonOf(error) });
        await sleep(PAUSE);
        continue;
      }
      await connection.close();
      if (error instanceof StartError) throw error;
      if (!isAway(error)) throw new StartError(`The database cannot be used: ${reasonOf(error)}`, error);
      throw new StartError(
        `The database at DATABASE_URL did not answer within ${PATIENCE / 1000} seconds: ${reasonOf(error)}`,
        error,
      );
    }
  }
}

async function open(config: Config, observe: Observer): Promise<Connection> {
  const { databaseUrl, dataDir, databasePrepare: prepare } = config;
  const onIdleError = (error: Error): void => observe({ kind: 'idle-connection-lost', error });
  if (databaseUrl !== undefined) {
    return connect({
      databaseUrl,
      poolSize: config.databasePoolSize,
      prepare,
      statementTimeoutMs: config.statementTimeoutMs,
      applicationName: 'rollcall',
      onIdleError,
    });
  }
  try {
    // Loaded here, because a server on PostgreSQL starts sooner and is smaller without it.
    const { openEmbedded } = await import('../store/embedded.ts');
    return await openEmbedded({ dataDir, prepare, onIdleError });
  } catch (error) {
    if (error instanceof DataLockedError) throw new StartError(error.message, error);
    throw new StartError(`The embedded database in ${dataDir} cannot be opened: ${reasonOf(error)}`, error);
  }
}
