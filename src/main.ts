/** config → store → app → listen → close; alone, or as one of several that share the port */
import cluster from 'node:cluster';
import { readConfig } from './config.ts';
import { createLog, type Log } from './logger.ts';
import { linesOf } from './main/linesOf.ts';
import { takeOrders } from './main/orders.ts';
import { undoing } from './main/undoing.ts';

const done = undoing();
const orders = cluster.isWorker ? await takeOrders() : undefined;
let log: Log | undefined;
try {
  const config = readConfig();
  log = await createLog({ level: config.logLevel, pretty: process.stdout.isTTY, worker: orders?.number });
  // Loaded as they are needed, because the process that leads is much smaller without a server.
  if (orders) await (await import('./main/work.ts')).work(config, log, orders, done);
  else if (config.workers > 1) await (await import('./main/lead.ts')).lead(config, log, done);
  else await (await import('./main/alone.ts')).alone(config, log, done);
} catch (error) {
  // What is in the way of closing is not why the start failed.
  await done.undo().catch(() => undefined);
  log?.flush();
  if (orders) await orders.say({ kind: 'failed', lines: linesOf(error) });
  else process.stderr.write(`${linesOf(error).join('\n')}\n`);
  process.exit(1);
}
