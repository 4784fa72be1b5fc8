/** A tenant with settings of its own, and what its application sees. */
import { clientOf, type Client, type Json } from '../rfc/client.ts';
import type { StoredProvisioning } from '../../src/provisioning/settings.ts';
import type { TestApp } from './app.ts';
import { feedTellsViews } from './feedTellsViews.ts';
import {
  accountLines,
  type AccountRow,
  type ChangeRow,
  membershipLines,
  readViews,
} from './provisioningViews.ts';
import { FeedReader } from './replayFeed.ts';

export interface Provisioned {
  readonly client: Client;
  readonly slug: string;
  readonly tenantId: string;
  /** Asks the admin API below the tenant. */
  readonly admin: (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ) => Promise<{ status: number; body: Json }>;
  readonly account: (scimId: string) => Promise<AccountRow | undefined>;
  /** See membershipLines. */
  readonly memberships: () => Promise<string[]>;
  /** See accountLines. */
  readonly accounts: () => Promise<string[]>;
  /** What the feed has told since the last time; also that it leads to what the views show. */
  readonly news: () => Promise<readonly ChangeRow[]>;
}

/** A new tenant of the server. */
export async function provisioned(
  app: TestApp,
  slug: string,
  stored: StoredProvisioning = {},
): Promise<Provisioned> {
  const { tenant, token } = await app.addTenant(slug);
  const { pool } = app.connection;
  // Before the token is used, so that nobody remembers what was set before.
  await pool.query('update rollcall_data.tenants set provisioning = $2 where id = $1', [
    tenant.id,
    JSON.stringify(stored),
  ]);
  const views = () => readViews(pool, tenant.id);
  const reader = new FeedReader();
  const news = () => feedTellsViews(pool, tenant.id, reader);
  await news();
  return {
    client: clientOf(app, token),
    slug,
    tenantId: tenant.id,
    admin: async (method, path, body) => {
      const { statusCode, body: text } = await app.admin(method, `/tenants/${slug}${path}`, body);
      return { status: statusCode, body: text === '' ? {} : (JSON.parse(text) as Json) };
    },
    account: async (scimId) => (await views()).accounts.find(({ scim_id }) => scim_id === scimId),
    memberships: async () => membershipLines(await views()),
    accounts: async () => accountLines(await views()),
    news,
  };
}

/** What of a change a reader cares for, without ids that nobody can know beforehand. */
export function told({ kind, before, after }: ChangeRow): [string, unknown, unknown] {
  return [kind, before, after];
}
