import type { Config } from '../config.ts';
import type { Log } from '../logger.ts';
import type { Connection } from '../store/connection.ts';
import { MigrationError, pendingMigrations } from '../store/migrate.ts';
import { openDatabase } from './openDatabase.ts';
import type { Orders } from './orders.ts';
import { packagePath } from './packagePath.ts';
import { serve } from './serve.ts';
import { StartError } from './startError.ts';
import { stopWhenTold } from './stopWhenTold.ts';
import type { Undoing } from './undoing.ts';

/**
 * One of several servers that share a port, led by another process.
 * @throws StartError
 */
export async function work(config: Config, log: Log, orders: Orders, undoing: Undoing): Promise<void> {
  const stop = stopWhenTold({
    log,
    graceSeconds: config.shutdownGraceSeconds,
    close: () => undoing.undo(),
    isLed: true,
  });
  orders.hear((message) => message.kind === 'stop' && stop(message.reason));
  const connection = await openDatabase(config, log.observe, refuseOutdated);
  undoing.push(() => connection.close());

  const waiting = new Map<number, (text: string) => void>();
  let asked = 0;
  const { read } = await serve(
    {
      config,
      connection,
      adminToken: orders.adminToken,
      observe: log.observe,
      // One of them is enough; whoever replaces it goes on.
      keepsHouse: orders.number === 1,
      metrics: () =>
        new Promise((resolve) => {
          asked += 1;
          waiting.set(asked, resolve);
          void orders.say({ kind: 'metrics', id: asked });
        }),
    },
    undoing,
  );
  orders.hear((message) => {
    if (message.kind === 'measure') void orders.say({ kind: 'measured', id: message.id, snapshot: read() });
    if (message.kind !== 'metrics') return;
    waiting.get(message.id)?.(message.text);
    waiting.delete(message.id);
  });
  await orders.say({ kind: 'listening' });
}

/** The leading process has migrated; a worker that takes another's place must not do so on its own. */
async function refuseOutdated({ pool }: Connection): Promise<void> {
  try {
    const [missing] = await pendingMigrations(pool, packagePath('migrations'));
    if (missing !== undefined)
      throw new StartError(`The database lacks ${missing}: restart the server, which migrates it.`);
  } catch (error) {
    // A newer server is being rolled out; until this one is told to stop, it serves.
    if (!(error instanceof MigrationError && error.code === 'schema-newer')) throw error;
  }
}
