import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { cloneDatabase } from '../support/database.ts';
import { type RunningServer, type ServerOptions, startServer, temporaryFolder } from '../support/server.ts';

const CREATES = 1_000;
const AT_ONCE = 10;

// The embedded database is started twice.
t.setTimeout(120_000);

type Test = Parameters<typeof startServer>[0];

/**
 * Creates users until the server is killed in the middle of it, starts it again, and looks for everybody whose creation
 * was answered 201.
 */
async function survivesKill(
  test: Test,
  options: ServerOptions,
): Promise<{ acknowledged: number; missing: string[]; twins: number }> {
  const before = await startServer(test, options);
  const tenant = await before.newTenant('killed');
  const acknowledged: { id: string; userName: string }[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < CREATES) {
      const userName = `user${next++}`;
      const { status, body } = await tenant.request('POST', '/scim/v2/Users', {
        body: { userName },
        headers: { 'Content-Type': 'application/scim+json' },
      });
      if (status === 201) acknowledged.push({ id: (body as { id: string }).id, userName });
    }
  };
  const workers = Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  while (acknowledged.length < CREATES / 3) await sleep(5);
  await before.kill();
  await workers;

  const after = await startServer(test, options);
  const again = after.as(tenant.token);
  const missing: string[] = [];
  for (const { id, userName } of acknowledged) {
    const { status, body } = await again.request('GET', `/scim/v2/Users/${id}`);
    if (status !== 200 || (body as { userName: string }).userName !== userName) missing.push(userName);
  }
  const twins = await countTwins(again, next);
  await after.stop();
  return { acknowledged: acknowledged.length, missing, twins };
}

/** What was cut off before its answer is there once or not at all. */
async function countTwins(tenant: ReturnType<RunningServer['as']>, upTo: number): Promise<number> {
  const { body } = await tenant.request('GET', '/scim/v2/Users?count=1000&attributes=userName');
  const names = (body as { Resources: { userName: string }[] }).Resources.map(({ userName }) => userName);
  return names.length > upTo ? names.length - upTo : names.length - new Set(names).size;
}

t.test(
  'kill -9 in the middle of 1,000 creates loses nothing that was acknowledged, on PostgreSQL',
  async (t) => {
    const databaseUrl = await cloneDatabase(t);
    const { acknowledged, missing, twins } = await survivesKill(t, { databaseUrl });
    t.ok(acknowledged > 0 && acknowledged < CREATES, `${acknowledged} were acknowledged before the kill`);
    t.same(missing, []);
    t.equal(twins, 0);
  },
);

t.test(
  'kill -9 in the middle of 1,000 creates loses nothing that was acknowledged, on the embedded database',
  async (t) => {
    const { acknowledged, missing, twins } = await survivesKill(t, { env: { DATA_DIR: temporaryFolder(t) } });
    t.ok(acknowledged > 0 && acknowledged < CREATES, `${acknowledged} were acknowledged before the kill`);
    t.same(missing, []);
    t.equal(twins, 0);
  },
);
