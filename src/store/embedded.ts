import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import type { ConnectOptions } from './connect.ts';
import { type Connection, connectionOver } from './connection.ts';
import { takeDataLock } from './dataLock.ts';

export interface EmbeddedOptions extends Pick<ConnectOptions, 'prepare' | 'onIdleError'> {
  /** The folder for the database, in `pgdata`, and for the lock. Made if it is missing. */
  readonly dataDir: string;
}

/** How long a request waits for the one session before it is answered 503. */
const WAIT_MS = 5_000;

/**
 * Opens the embedded database, through the same driver and dialect as PostgreSQL, so that there is one code
 * path. It does not fsync and serves one statement at a time: it is for trying out.
 *
 * @throws DataLockedError when another process has the folder
 */
export async function openEmbedded({ dataDir, prepare, onIdleError }: EmbeddedOptions): Promise<Connection> {
  const unlock = await takeDataLock(dataDir);
  try {
    const folder = join(dataDir, 'pgdata');
    await mkdir(folder, { recursive: true });
    const lite = await PGlite.create(folder);
    // The one client is kept, since all clients would be the same session.
    const pool = new pg.Pool({
      ...createPgConfig(lite),
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: WAIT_MS,
    });
    pool.on('error', onIdleError);
    const afterClose = async (): Promise<void> => {
      await lite.close();
      await unlock();
    };
    return connectionOver(pool, { embedded: true, prepare, cancellable: false, afterClose });
  } catch (error) {
    await unlock();
    throw error;
  }
}
