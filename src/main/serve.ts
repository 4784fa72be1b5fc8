import { v7 as newId } from 'uuid';
import { buildApp } from '../app.ts';
import type { Config } from '../config.ts';
import { readDefinitions } from '../definitions.ts';
import { createMetrics, type MetricsSnapshot } from '../metrics.ts';
import { type Observer, observers } from '../observe.ts';
import { buildRegistry } from '../scim/schema/registry.ts';
import type { Connection } from '../store/connection.ts';
import { listenForChanges } from '../store/listen.ts';
import type { Store } from '../store/store.ts';
import { packagePath } from './packagePath.ts';
import { reasonOf } from './reasonOf.ts';
import { StartError } from './startError.ts';
import type { Undoing } from './undoing.ts';

export interface ServeOptions {
  readonly config: Config;
  /** To a database that is migrated. */
  readonly connection: Connection;
  readonly adminToken: string;
  readonly observe: Observer;
  /** Whether this process does by itself what has to be done again and again. */
  readonly keepsHouse: boolean;
  /** The text of GET /metrics, given what this process has measured. */
  readonly metrics: (read: () => MetricsSnapshot) => string | Promise<string>;
}

export interface Served {
  readonly store: Store;
  readonly read: () => MetricsSnapshot;
}

/**
 * Builds the server and listens.
 * @throws StartError
 */
export async function serve(options: ServeOptions, undoing: Undoing): Promise<Served> {
  const { config, connection, keepsHouse } = options;
  const { pool } = connection;
  const metrics = createMetrics({
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  });
  undoing.push(() => metrics.close());
  const observe = observers(options.observe, metrics.observe);
  const { server, store } = await buildApp({
    config,
    connection,
    registry: buildRegistry(readDefinitions(packagePath('schemas'))),
    migrations: packagePath('migrations'),
    adminToken: options.adminToken,
    observe,
    keepsHouse,
    metrics: () => options.metrics(metrics.read),
    now: () => new Date(),
    newId,
  });
  undoing.push(() => server.close());
  await server.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
    throw cannotListen(config, error);
  });
  // The embedded database has one process, which need not be told what it does.
  if (config.databaseUrl !== undefined) {
    const { tokens } = store;
    const listener = listenForChanges({
      databaseUrl: config.databaseUrl,
      applicationName: 'rollcall',
      changed: (tenantId) => (tenantId === undefined ? tokens.forgetAll() : tokens.forget(tenantId)),
      told: (state, error) => observe({ kind: 'announcements', state, error }),
    });
    undoing.push(() => listener.close());
  }
  return { store, read: metrics.read };
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
