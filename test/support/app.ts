/** The whole server on a database of its own, with one tenant and what is needed to speak to it. */
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { v7 } from 'uuid';
import { type App, type AppDeps, buildApp } from '../../src/app.ts';
import { readDefinitions } from '../../src/definitions.ts';
import { packagePath } from '../../src/main/packagePath.ts';
import type { Observation } from '../../src/observe.ts';
import { buildRegistry } from '../../src/scim/schema/registry.ts';
import { connect } from '../../src/store/connect.ts';
import type { Connection } from '../../src/store/connection.ts';
import type { Tenant } from '../../src/store/tenant.ts';
import { cloneDatabase } from './database.ts';

export const ADMIN_TOKEN = 'an-admin-token-of-the-tests';

export interface TestApp extends App {
  readonly connection: Connection;
  readonly tenant: Tenant;
  readonly token: string;
  /** What was told so far. */
  readonly observed: Observation[];
  /** Asks with the tenant's token, unless headers say otherwise. */
  readonly scim: (options: InjectOptions & { url: string }) => Promise<LightMyRequestResponse>;
  /** Asks the admin API with the admin token. */
  readonly admin: (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
  ) => Promise<LightMyRequestResponse>;
  readonly addTenant: (slug: string, mode?: Tenant['mode']) => Promise<{ tenant: Tenant; token: string }>;
}

type Teardown = { teardown(clean: () => Promise<void>): void };

export async function openApp(
  test: Teardown,
  config: Partial<AppDeps['config']> = {},
  more: Partial<Pick<AppDeps, 'now' | 'connection' | 'readerPatienceMs'>> & { readonly slug?: string } = {},
): Promise<TestApp> {
  const connection = more.connection ?? (await openConnection(test));
  const observed: Observation[] = [];
  const { server, store, housekeeping } = await buildApp({
    config: {
      bodyLimitBytes: 1_048_576,
      publicUrl: undefined,
      trustProxy: [],
      exchangeRetentionDays: 30,
      ...config,
    },
    connection,
    registry: buildRegistry(readDefinitions(packagePath('schemas'))),
    migrations: packagePath('migrations'),
    adminToken: ADMIN_TOKEN,
    observe: (observation) => observed.push(observation),
    metrics: () => '',
    ...(more.readerPatienceMs !== undefined && { readerPatienceMs: more.readerPatienceMs }),
    newId: v7,
    now: more.now ?? (() => new Date()),
  });
  test.teardown(() => server.close());
  const addTenant: TestApp['addTenant'] = async (slug, mode = 'tolerant') => {
    const now = new Date();
    const tenant = await store.tenants.create({
      id: v7(),
      organizationId: v7(),
      slug,
      name: slug,
      mode,
      now,
    });
    const expiresAt = new Date(now.getTime() + 3_600_000);
    const { token } = await store.tokens.create({
      tenantId: tenant.id,
      id: v7(),
      name: 'test',
      expiresAt,
      now,
    });
    return { tenant, token };
  };
  const { tenant, token } = await addTenant(more.slug ?? 'acme');
  return {
    server,
    store,
    housekeeping,
    connection,
    tenant,
    token,
    observed,
    addTenant,
    scim: ({ url, headers, ...options }) =>
      server.inject({
        url: `/scim/v2${url}`,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...options,
      }),
    admin: (method, url, payload) =>
      server.inject({
        method,
        url: `/admin/v1${url}`,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        ...(payload === undefined ? {} : { payload }),
      }),
  };
}

export async function openConnection(test: Teardown): Promise<Connection> {
  const connection = connect({
    databaseUrl: await cloneDatabase(test),
    poolSize: 4,
    prepare: true,
    statementTimeoutMs: 30_000,
    applicationName: 'test',
    onIdleError: () => undefined,
  });
  test.teardown(() => connection.close());
  return connection;
}
