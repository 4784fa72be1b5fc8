/** Builds the server from its parts, in order: the one file that sees everything. */
import fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Config } from './config.ts';
import { createHousekeeping, type Housekeeping, type Job } from './housekeeping.ts';
import { adminRoutes } from './http/admin.ts';
import { authenticate } from './http/authenticate.ts';
import { authenticateAdmin } from './http/authenticateAdmin.ts';
import { readBodies } from './http/body.ts';
import { documentationRoutes } from './http/documentation.ts';
import { drain } from './http/drain.ts';
import { handleClientErrors, handleErrors, handleFrameworkErrors, noSuchAddress } from './http/errors.ts';
import { type ExchangeDeps, trackExchanges } from './http/exchange.ts';
import { healthRoutes } from './http/health.ts';
import { negotiate } from './http/negotiate.ts';
import { protect } from './http/protect.ts';
import { rewriteUrl } from './http/rewriteUrl.ts';
import { scimRoutes } from './http/scim.ts';
import { createSealer } from './http/sealer.ts';
import type { Observer } from './observe.ts';
import { adminContext } from './main/adminContext.ts';
import { version } from './main/version.ts';
import { diagnose } from './operations/diagnose.ts';
import { newRequestId } from './main/newRequestId.ts';
import { expireHolds } from './operations/expireHolds.ts';
import { purge } from './operations/purge.ts';
import { recompute } from './operations/recompute.ts';
import { settleImported } from './operations/settleImported.ts';
import { notFound } from './scim/errors.ts';
import type { Registry } from './scim/schema/registry.ts';
import { applicationStore } from './store/application.ts';
import type { Connection } from './store/connection.ts';
import { looksLikeCredential } from './store/credential.ts';
import { transactionOf } from './store/directory.ts';
import { readFacts } from './store/doctor/readFacts.ts';
import { translate } from './store/errors.ts';
import { createExchangeLog } from './store/exchanges.ts';
import { importStore } from './store/importAccounts.ts';
import { MigrationError, pendingMigrations } from './store/migrate.ts';
import { preflightStore } from './store/preflight.ts';
import { readExchanges } from './store/readExchanges.ts';
import { readSecret } from './store/secrets.ts';
import { createStore, type Store } from './store/store.ts';
import { createUndeclaredLog } from './store/undeclared.ts';

export interface AppDeps {
  readonly config: Pick<Config, 'bodyLimitBytes' | 'publicUrl' | 'trustProxy' | 'exchangeRetentionDays'>;
  /** To a database that is migrated. Stays open when the server has closed. */
  readonly connection: Connection;
  readonly registry: Registry;
  /** The folder of the migrations, which the database is compared with. */
  readonly migrations: string;
  readonly adminToken: string;
  readonly observe: Observer;
  /** Whether it does by itself what has to be done again and again; by default it does. */
  readonly keepsHouse?: boolean;
  /** How long the reader of a large answer may take nothing, in milliseconds; 20 s where it is left out. */
  readonly readerPatienceMs?: number;
  /** The text of GET /metrics. */
  readonly metrics: () => string | Promise<string>;
  readonly now: () => Date;
  readonly newId: () => string;
}

export interface App {
  /** Does not listen yet. Its `close` writes what is left of the provisioning log. */
  readonly server: FastifyInstance;
  readonly store: Store;
  readonly housekeeping: Housekeeping;
}

/** How long a request that changes settings waits for what follows from them, in milliseconds; the rest is done later. */
const RECOMPUTED_AT_ONCE = 3_000;

/** The whole request has to arrive within this time, in milliseconds. */
const ARRIVAL = 60_000;

export async function buildApp(deps: AppDeps): Promise<App> {
  const { config, connection, registry, observe, now, newId } = deps;
  const { publicUrl } = config;
  const store = createStore(connection, registry);
  const { tenants, tokens } = store;
  const sealer = createSealer(await readSecret(connection, 'cursor'));
  const exchanges = createExchangeLog({
    connection,
    flushEveryMs: 1_000,
    maxBatch: 500,
    maxBuffered: 20_000,
    retentionDays: config.exchangeRetentionDays,
    now,
    onDropped: (count, error) => observe({ kind: 'exchanges-dropped', count, error }),
  });
  const undeclared = createUndeclaredLog({ connection, flushEveryMs: 2_000, mostRows: 1_000 });
  const application = applicationStore(connection, store.registryOf);
  const admin = adminContext({ tenants, store, now, newId });
  const system = (tenantId: string) => admin.contextOf(tenantId, 'system', newId());
  const recomputation = { recomputations: store.recomputations, contextOf: system, now };
  const jobs: readonly Job[] = [
    {
      name: 'purge',
      everyMs: 60_000,
      run: (signal) => purge({ tenants, accounts: application.accounts, newId }, now(), signal),
    },
    {
      name: 'holds',
      everyMs: 60_000,
      run: (signal) => expireHolds({ expiring: store.expiring, contextOf: system }, now(), signal),
    },
    {
      name: 'recompute',
      everyMs: 2_000,
      run: () => recompute(recomputation, new Date(now().getTime() + RECOMPUTED_AT_ONCE)),
    },
  ];
  const housekeeping = createHousekeeping(deps.keepsHouse === false ? [] : jobs, observe);
  const server = createServer(deps);

  const record: ExchangeDeps['record'] = (entry) => {
    exchanges.record(entry);
    undeclared.record(entry);
  };
  trackExchanges(server, { observe, record, now });
  protect(server);
  const closing = drain(server);
  handleErrors(server, { bodyLimitBytes: config.bodyLimitBytes, translate });
  readBodies(server);
  documentationRoutes(server);
  healthRoutes(server, { obstacle: () => obstacleTo(deps), closing, metrics: deps.metrics });

  await server.register(
    async (scope) => {
      scope.addHook('onRequest', (_request, reply, done) => {
        reply.header('Vary', 'Authorization, Accept');
        done();
      });
      await authenticate(scope, {
        authenticate: (token, time) => tokens.authenticate(token, time),
        looksLikeCredential,
        now,
      });
      refuseUnknownAddresses(scope);
      scope.addHook('preParsing', (request, reply, _payload, done) => {
        try {
          reply.type(`${negotiate(request.headers.accept)}; charset=utf-8`);
          done();
        } catch (error) {
          done(error as Error);
        }
      });
      await scope.register(
        scimRoutes({
          shipped: registry,
          registryOf: ({ tenant, schemasVersion }) =>
            store.registryOf({ tenantId: tenant.id, schemasVersion }),
          maxPayloadSize: config.bodyLimitBytes,
          sealer,
          passwords: store.passwords,
          directoryOf: (tenantId, own) => store.directoryOf(tenantId, own),
          publicUrl,
          readerPatienceMs: deps.readerPatienceMs,
          now,
          newId,
        }),
      );
    },
    { prefix: '/scim/v2' },
  );
  await server.register(
    async (scope) => {
      await authenticateAdmin(scope, deps.adminToken);
      refuseUnknownAddresses(scope);
      const list = (tenantId: string, limit: number) => readExchanges(connection, tenantId, limit);
      adminRoutes(scope, {
        publicUrl,
        tenants,
        tokens,
        exchanges: { list, flush: () => exchanges.flush() },
        ...application,
        shipped: registry.definitions,
        definitions: store.definitions,
        undeclared,
        // What cannot be done at once is done by the job, which tells what is in its way.
        recompute: (tenantId) =>
          recompute(recomputation, new Date(now().getTime() + RECOMPUTED_AT_ONCE), tenantId).catch(
            () => undefined,
          ),
        contextOf: async (tenantId, requestId) => {
          const context = await admin.contextOf(tenantId, 'admin', requestId);
          if (!context) throw notFound('There is no tenant of this name.');
          return context;
        },
        forget: (tenantId) => tokens.forget(tenantId),
        imports: importStore(connection, async (tenant, ids, { requestId }) => {
          const context = await admin.contextOf(tenant.tenantId, 'admin', requestId);
          if (!context) return;
          await settleImported(context, transactionOf(tenant, context.types), ids);
        }),
        preflights: preflightStore(connection),
        examine: async () => {
          const facts = await readFacts(connection, deps.migrations);
          const findings = diagnose(facts, { adminToken: deps.adminToken, publicUrl });
          const database = facts.version;
          return { version: version(), database, at: now(), publicUrl: publicUrl ?? null, findings };
        },
        registryOfTenant: async (tenantId) => {
          const found = await tenants.find(tenantId);
          return store.registryOf({ tenantId, schemasVersion: found?.schemasVersion ?? 0 });
        },
        closing,
        now,
        newId,
      });
    },
    { prefix: '/admin/v1' },
  );
  // After the last answer, which is told of here too.
  server.addHook('onClose', async () => {
    await housekeeping.close();
    await exchanges.close();
    await undeclared.close();
  });
  return { server, store, housekeeping };
}

function createServer({ config, observe, newId }: AppDeps): FastifyInstance {
  return fastify({
    // What is worth telling goes to the observer; Fastify's own lines would say it again.
    logController: new ObservingLogController(observe),
    genReqId: newRequestId,
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: ARRIVAL,
    trustProxy: config.trustProxy.length === 0 ? false : [...config.trustProxy],
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 500,
      caseSensitive: true,
    },
    rewriteUrl: (request) => rewriteUrl(request.url ?? '/'),
    // A request that comes on an open connection while closing is answered like those under way.
    return503OnClosing: false,
    http: { requireHostHeader: false },
    frameworkErrors: handleFrameworkErrors(observe),
    clientErrorHandler: handleClientErrors(observe, newId),
  });
}

/** Told after authentication, and before the body is read, so that its faults are not told instead. */
function refuseUnknownAddresses(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? noSuchAddress(request) : undefined);
  });
  scope.setNotFoundHandler((request) => {
    throw noSuchAddress(request);
  });
}

/** What keeps requests from being worked on; rejects when the database is away. */
async function obstacleTo({ connection, migrations }: AppDeps): Promise<string | undefined> {
  try {
    const pending = await pendingMigrations(connection.pool, migrations);
    return pending.length === 0 ? undefined : `the database lacks ${pending.join(', ')}`;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    // A newer server is being rolled out; this one serves until it is told to stop.
    return error.code === 'schema-newer' ? undefined : error.message;
  }
}

/** Passes on what only Fastify notices; everything else is told by the hooks. */
class ObservingLogController extends LogController {
  readonly #observe: Observer;

  constructor(observe: Observer) {
    super({ disableRequestLogging: true });
    this.#observe = observe;
  }

  override streamError(error: Error, request: { id: string }): void {
    this.#observe({ kind: 'response-broken', requestId: request.id, error });
  }

  override writeHeadError(error: Error, request: { id: string }): void {
    this.#observe({ kind: 'response-broken', requestId: request.id, error });
  }

  override serializerError(error: Error, request: { id: string }): void {
    this.#observe({ kind: 'response-broken', requestId: request.id, error });
  }
}
