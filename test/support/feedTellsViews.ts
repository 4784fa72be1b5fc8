import { unlike } from './compareViews.ts';
import { type ChangeRow, readFeed, readViews } from './provisioningViews.ts';
import { FeedReader } from './replayFeed.ts';

/**
 * Reads on in a tenant's feed, and compares what it has told with what the views show.
 *
 * @returns what was read now
 * @throws Error for a change that was told twice or not at all, and for a view that is not what was told
 */
export async function feedTellsViews(
  pool: Parameters<typeof readFeed>[0],
  tenantId: string,
  reader = new FeedReader(),
): Promise<readonly ChangeRow[]> {
  const changes = await readFeed(pool, tenantId, reader.position);
  reader.read(changes);
  const { accounts, organizations, members } = await readViews(pool, tenantId);
  const replayed = reader.views();
  unlike('accounts, by the feed', replayed.accounts, accounts);
  const plain = organizations.map(({ organization_id, name, archived }) => ({
    organization_id,
    name,
    archived,
  }));
  unlike('organizations, by the feed', replayed.organizations, plain);
  unlike('members, by the feed', replayed.members, members);
  return changes;
}
