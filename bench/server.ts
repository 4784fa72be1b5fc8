/** A server under measurement: a process of its own, and what it has used. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processUsage } from './usage.ts';

export interface Server {
  readonly name: 'rollcall' | 'bare';
  readonly port: number;
  readonly pid: number;
  /** Until the first 200 of /readyz, in ms. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

interface Started {
  readonly name: Server['name'];
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly log: string;
}

/** Starts a server and waits until it is ready. @throws Error with what it wrote when it ends before that */
export async function startServer({ name, args, cwd, env, log }: Started): Promise<Server> {
  const port = await freePort();
  const output = openSync(log, 'w');
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], PORT: String(port), HOST: '127.0.0.1', ...env },
    stdio: ['ignore', output, output],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await ready(child, port, log);
  return {
    name,
    port,
    pid: child.pid ?? 0,
    startedIn: performance.now() - began,
    async stop() {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exit;
      clearTimeout(patience);
    },
  };
}

/** Starts the build of Rollcall in a folder. */
export function startRollcall(
  folder: string,
  scratch: string,
  databaseUrl: string,
  {
    adminToken,
    publicUrl,
    nodeArgs = [],
  }: { adminToken: string; publicUrl: string; nodeArgs?: readonly string[] },
): Promise<Server> {
  return startServer({
    name: 'rollcall',
    // As `npm start` and the image have it.
    args: [
      '--max-semi-space-size=8',
      '--heap-growing-percent=100',
      ...nodeArgs,
      join(folder, 'build/src/main.js'),
    ],
    cwd: scratch,
    env: {
      DATABASE_URL: databaseUrl,
      DATA_DIR: join(scratch, 'data'),
      ADMIN_TOKEN: adminToken,
      PUBLIC_URL: publicUrl,
      // Bulk and groups of 100,000 members take their time on a busy machine.
      STATEMENT_TIMEOUT_MS: '600000',
    },
    log: join(scratch, 'rollcall.log'),
  });
}

async function ready(child: ChildProcess, port: number, log: string): Promise<void> {
  const until = Date.now() + 120_000;
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    try {
      const { status } = await fetch(`http://127.0.0.1:${port}/readyz`);
      if (status === 200) return;
    } catch {
      // Not listening yet.
    }
    await sleep(5);
  }
  child.kill('SIGKILL');
  throw new Error(`A server did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
}

/** Its resident memory, in bytes; NaN where there is no /proc. */
export const memoryOf = ({ pid }: Server): number => processUsage(pid).resident;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
