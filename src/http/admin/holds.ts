import type { FastifyInstance, FastifyRequest } from 'fastify';
import { approve, pause, reject, resume } from '../../operations/decideHold.ts';
import { invalidValue, notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { isEmptyBody, messageReader } from './message.ts';
import { pageOf } from './page.ts';
import { FLAG, ID, LIMIT, parameterReader, type Parameter } from './parameters.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

type TenantContext = Parameters<typeof approve>[0];
type Hold = { readonly id: string };

export interface HoldsDeps extends Pick<TenantDeps, 'tenants'> {
  readonly contextOf: (tenantId: string, requestId: string) => Promise<TenantContext>;
  readonly holds: {
    list(
      tenantId: string,
      query: { limit: number; after?: string; open?: boolean },
    ): Promise<readonly Hold[]>;
    find(tenantId: string, id: string): Promise<Hold | undefined>;
    effects(
      tenantId: string,
      id: string,
      query: { limit: number; after?: { accountId: string; organizationId: string } },
    ): Promise<readonly { readonly next: string }[]>;
  };
  /** Has what the pause has kept from the mapping follow now. */
  readonly recompute: (tenantId: string) => Promise<void>;
  /** Drops what is remembered of the tenant. */
  readonly forget: (tenantId: string) => void;
}

interface Query {
  readonly limit: number;
  readonly after: string;
  readonly open: boolean;
}

interface EffectQuery {
  readonly limit: number;
  readonly after: { accountId: string; organizationId: string };
}

/** The place of an effect: its account and its organization. */
const PLACE: Parameter<EffectQuery['after']> = {
  schema: { type: 'string' },
  description: 'what an answer gives as "next"',
  read(text) {
    const [account = '', organization = '', ...more] = text.split('.');
    const [accountId, organizationId] = [ID.read(account), ID.read(organization)];
    return accountId && organizationId && more.length === 0 ? { accountId, organizationId } : undefined;
  },
};

const readQuery = parameterReader<Query>({ limit: LIMIT, after: ID, open: FLAG });
const readEffectQuery = parameterReader<EffectQuery>({ limit: LIMIT, after: PLACE });
const readChosen = messageReader<{ accounts: string[] }>(
  {
    accounts: {
      type: 'array',
      minItems: 1,
      maxItems: 10_000,
      items: {
        type: 'string',
        pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
        description: 'an account id',
      },
      description: 'a list of 1 to 10,000 account ids; leave it out for all',
    },
  },
  ['accounts'],
);

type ById = { Params: BySlug['Params'] & { id: string } };

/** /tenants/{slug}/holds, /pause, /resume: effects that wait, and what is to become of them. */
export function holdRoutes(server: FastifyInstance, deps: HoldsDeps): void {
  const { tenants, contextOf, holds, recompute, forget } = deps;
  const findHold = async ({ slug, id }: ById['Params']) => {
    const tenant = await findTenant(tenants, slug);
    const hold = ID.read(id) && (await holds.find(tenant.id, id));
    if (!hold) throw notFound('This tenant has no such hold.');
    return { tenantId: tenant.id, hold };
  };

  server.get<BySlug>(
    '/tenants/:slug/holds',
    {
      config: {
        operation: 'admin.holds.list',
        api: { summary: 'Holds, newest first, with how much waits', status: 200, query: readQuery.schema },
      },
    },
    async (request) => {
      const query = readQuery(request.query);
      const { id } = await findTenant(tenants, request.params.slug);
      const { items, ...next } = await pageOf(
        query.limit,
        (limit) => holds.list(id, { ...query, limit }),
        (hold) => hold.id,
      );
      return { holds: items, ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/holds', ['GET']);

  server.get<ById>(
    '/tenants/:slug/holds/:id',
    {
      config: {
        operation: 'admin.holds.read',
        api: {
          summary: 'A hold, and what each effect under it would do',
          status: 200,
          query: readEffectQuery.schema,
        },
      },
    },
    async (request) => {
      const query = readEffectQuery(request.query);
      const { tenantId, hold } = await findHold(request.params);
      const { items, ...next } = await pageOf(
        query.limit,
        (limit) => holds.effects(tenantId, hold.id, { ...query, limit }),
        (effect) => effect.next,
      );
      return { ...hold, effects: items.map(({ next: _place, ...effect }) => effect), ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/holds/:id', ['GET']);

  const decision = (
    verb: 'approve' | 'reject',
    summary: string,
    decide: typeof approve | typeof reject,
  ): void => {
    server.post<ById>(
      `/tenants/:slug/holds/:id/${verb}`,
      {
        config: {
          operation: `admin.holds.${verb}`,
          api: { summary, status: 200, body: { ...readChosen.schema, required: [] } },
        },
      },
      async (request) => {
        const chosen = isEmptyBody(request.body) ? ('all' as const) : readChosen(request.body);
        const { tenantId, hold } = await findHold(request.params);
        const effects = await decide(await contextOf(tenantId, request.id), hold.id, chosen);
        return { ...(await findHold(request.params)).hold, effects };
      },
    );
    allowOnly(server, `/tenants/:slug/holds/:id/${verb}`, ['POST']);
  };
  decision('approve', 'Applies what waits: all of it, or that of some accounts', approve);
  decision('reject', 'Has accounts stay as they are until the directory asks for something else', reject);

  server.post<BySlug>(
    '/tenants/:slug/pause',
    {
      config: {
        operation: 'admin.pause',
        api: { summary: 'Has every effect wait; the directory goes on', status: 200 },
      },
    },
    async (request) => {
      refuseBody(request);
      const { id } = await findTenant(tenants, request.params.slug);
      await pause(await contextOf(id, request.id));
      forget(id);
      return { paused: true };
    },
  );
  allowOnly(server, '/tenants/:slug/pause', ['POST']);
  server.post<BySlug>(
    '/tenants/:slug/resume',
    {
      config: {
        operation: 'admin.resume',
        api: { summary: 'Applies everything that the pause has held, and ends it', status: 200 },
      },
    },
    async (request) => {
      refuseBody(request);
      const { id } = await findTenant(tenants, request.params.slug);
      const effects = await resume(await contextOf(id, request.id));
      forget(id);
      await recompute(id);
      return { paused: false, effects };
    },
  );
  allowOnly(server, '/tenants/:slug/resume', ['POST']);
}

function refuseBody({ body }: FastifyRequest): void {
  if (!isEmptyBody(body)) throw invalidValue('Nothing can be said in the body here; send none.');
}
