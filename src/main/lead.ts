import type { Config } from '../config.ts';
import type { Log } from '../logger.ts';
import { tenantStore } from '../store/tenants.ts';
import { tokenStore } from '../store/tokens.ts';
import { adminTokenOf } from './adminToken.ts';
import { advise } from './advise.ts';
import { migrated, openDatabase } from './openDatabase.ts';
import { StartError } from './startError.ts';
import { stopWhenTold } from './stopWhenTold.ts';
import type { Undoing } from './undoing.ts';
import { welcome } from './welcome.ts';
import { createWorkers } from './workers.ts';

/** Seconds that a worker may be later than its own grace. */
const LATE = 2;

/**
 * The process that leads: it migrates, starts the workers, which answer requests, and replaces those that end.
 * @throws StartError
 */
export async function lead(config: Config, log: Log, undoing: Undoing): Promise<void> {
  const { observe } = log;
  if (config.databaseUrl === undefined) {
    throw new StartError(
      `WORKERS=${config.workers} needs DATABASE_URL: the embedded database takes one process.`,
    );
  }
  stopWhenTold({
    log,
    graceSeconds: config.shutdownGraceSeconds + LATE,
    close: () => undoing.undo(),
  });
  const connection = await openDatabase({ ...config, databasePoolSize: 2 }, observe, migrated(observe));
  const closeConnection = (): Promise<void> => connection.close();
  undoing.push(closeConnection);
  await advise(config, connection, observe);
  const admin = adminTokenOf(config.adminToken, config.dataDir);
  const workers = createWorkers({ count: config.workers, adminToken: admin.token, observe });
  undoing.push(() => workers.close());
  await workers.start();
  const tokens = tokenStore(connection);
  await welcome(config, { tokens, tenants: tenantStore(connection, tokens) }, admin, observe);
  // From here on it has nothing to ask.
  await closeConnection();
}
