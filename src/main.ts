/** config → store → app → listen → close */
import { relative } from 'node:path';
import closeWithGrace from 'close-with-grace';
import { v7 as newId } from 'uuid';
import { buildApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { readDefinitions } from './definitions.ts';
import { createLog, type Log } from './logger.ts';
import { adminTokenOf } from './main/adminToken.ts';
import { banner } from './main/banner.ts';
import { firstTenant } from './main/firstTenant.ts';
import { localUrl } from './main/localUrl.ts';
import { openDatabase } from './main/openDatabase.ts';
import { packagePath } from './main/packagePath.ts';
import { reasonOf } from './main/reasonOf.ts';
import { StartError } from './main/startError.ts';
import { createMetrics } from './metrics.ts';
import { observers } from './observe.ts';
import { buildRegistry } from './scim/schema/registry.ts';

const now = (): Date => new Date();

/** How to undo what has been done so far, in order. */
const undo: (() => unknown)[] = [];

async function close(): Promise<void> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
}

async function start(config: Config, log: Log): Promise<void> {
  stopWhenTold(config, log);
  const connection = await openDatabase(config, log.observe);
  undo.push(() => connection.close());
  const { pool } = connection;
  const metrics = createMetrics({
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  });
  undo.push(() => metrics.close());
  const observe = observers(log.observe, metrics.observe);
  const admin = adminTokenOf(config.adminToken, config.dataDir);
  const { server, store } = await buildApp({
    config,
    connection,
    registry: buildRegistry(readDefinitions(packagePath('schemas'))),
    migrations: packagePath('migrations'),
    adminToken: admin.token,
    observe,
    metrics: () => metrics.render(),
    now,
    newId,
  });
  undo.push(() => server.close());
  const url = localUrl(config.host, config.port);
  await server.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
    throw cannotListen(config, error);
  });
  observe({ kind: 'listening', address: url });
  // Not before the port is ours: a token made for a start that fails would never be shown.
  const first = await firstTenant(store, newId, now);
  process.stdout.write(
    banner({
      localUrl: url,
      publicUrl: config.publicUrl,
      dataDir: config.dataDir,
      embedded: connection.embedded,
      command: `node ${relative('', packagePath('scripts/rollcall.js'))}`,
      first,
      adminToken: admin.isNew ? admin : undefined,
    }),
  );
}

/** From the first moment on, because as the first process of a container it would else not be stopped at all. */
function stopWhenTold({ shutdownGraceSeconds }: Config, { observe, flush }: Log): void {
  const onTimeout = (): void => {
    observe({
      kind: 'closing',
      reason: 'requests take longer than SHUTDOWN_GRACE_SECONDS',
      error: undefined,
    });
    flush();
  };
  closeWithGrace(
    { delay: shutdownGraceSeconds * 1000, logger: false, onTimeout },
    async ({ signal, err }) => {
      observe({ kind: 'closing', reason: signal ?? 'a fault', error: err });
      await close();
      observe({ kind: 'closed' });
      flush();
    },
  );
}

function cannotListen({ host, port }: Config, error: unknown): StartError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} on ${host} is in use: stop what uses it, or set PORT to another.`,
      error,
    );
  }
  return new StartError(
    `Cannot listen on port ${port} of ${host} (${code ?? reasonOf(error)}): set PORT and HOST.`,
    error,
  );
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError)
    return [...error.problems, 'docs/configuration.md describes every variable.'];
  if (error instanceof StartError) return [error.message];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

let log: Log | undefined;
try {
  const config = readConfig();
  log = await createLog({ level: config.logLevel, pretty: process.stdout.isTTY });
  await start(config, log);
} catch (error) {
  await close();
  log?.flush();
  process.stderr.write(`${linesOf(error).join('\n')}\n`);
  process.exit(1);
}
