/** config → store → app → listen → close; alone, or as one of several that share the port */
import cluster from 'node:cluster';
import { readConfig } from './config.ts';
import { createLog, type Log } from './logger.ts';
import { alone } from './main/alone.ts';
import { lead } from './main/lead.ts';
import { linesOf } from './main/linesOf.ts';
import { takeOrders } from './main/orders.ts';
import { undoing } from './main/undoing.ts';
import { work } from './main/work.ts';

const done = undoing();
const orders = cluster.isWorker ? await takeOrders() : undefined;
let log: Log | undefined;
try {
  const config = readConfig();
  log = await createLog({ level: config.logLevel, pretty: process.stdout.isTTY, worker: orders?.number });
  if (orders) await work(config, log, orders, done);
  else await (config.workers > 1 ? lead(config, log, done) : alone(config, log, done));
} catch (error) {
  // What is in the way of closing is not why the start failed.
  await done.undo().catch(() => undefined);
  log?.flush();
  if (orders) await orders.say({ kind: 'failed', lines: linesOf(error) });
  else process.stderr.write(`${linesOf(error).join('\n')}\n`);
  process.exit(1);
}
