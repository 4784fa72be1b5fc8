import type { Config } from '../config.ts';
import type { Log } from '../logger.ts';
import { adminTokenOf } from './adminToken.ts';
import { advise } from './advise.ts';
import { metricsText } from './metricsText.ts';
import { migrated, openDatabase } from './openDatabase.ts';
import { serve } from './serve.ts';
import { stopWhenTold } from './stopWhenTold.ts';
import type { Undoing } from './undoing.ts';
import { welcome } from './welcome.ts';

/**
 * The server as one process.
 * @throws StartError
 */
export async function alone(config: Config, log: Log, undoing: Undoing): Promise<void> {
  const { observe } = log;
  stopWhenTold({ log, graceSeconds: config.shutdownGraceSeconds, close: () => undoing.undo() });
  const connection = await openDatabase(config, observe, migrated(observe));
  undoing.push(() => connection.close());
  await advise(config, connection, observe);
  const admin = adminTokenOf(config.adminToken, config.dataDir);
  const { store } = await serve(
    {
      config,
      connection,
      adminToken: admin.token,
      observe,
      keepsHouse: true,
      metrics: (read) => {
        const { counts, condition } = read();
        return metricsText({ counts, conditions: [condition] });
      },
    },
    undoing,
  );
  await welcome(config, store, admin, observe);
}
