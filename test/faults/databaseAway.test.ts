import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { cloneDatabase } from '../support/database.ts';
import { type Answer, startServer } from '../support/server.ts';

t.setTimeout(120_000);

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const JSON_BODY = { 'Content-Type': 'application/scim+json' };

t.test('a database that goes away and comes back', async (t) => {
  const databaseUrl = await cloneDatabase(t);
  const server = await startServer(t, { databaseUrl });
  const tenant = await server.newTenant('away');
  const created = await tenant.request('POST', '/scim/v2/Users', {
    headers: JSON_BODY,
    body: { userName: 'ada' },
  });
  const { id } = created.body as { id: string };

  const elsewhere = new URL(databaseUrl);
  const name = elsewhere.pathname.slice(1);
  elsewhere.pathname = '/postgres';
  const operator = new pg.Client({ connectionString: elsewhere.href });
  await operator.connect();
  t.teardown(() => operator.end());

  const away = async (): Promise<void> => {
    await operator.query(`alter database ${operator.escapeIdentifier(name)} with allow_connections false`);
    await operator.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  };
  const back = (): Promise<unknown> =>
    operator.query(`alter database ${operator.escapeIdentifier(name)} with allow_connections true`);
  t.teardown(back);

  await away();
  const attempts: readonly (() => Promise<Answer>)[] = [
    () => tenant.request('GET', `/scim/v2/Users/${id}`),
    () => tenant.request('GET', '/scim/v2/Users?filter=userName%20eq%20%22ada%22'),
    () => tenant.request('POST', '/scim/v2/Users', { headers: JSON_BODY, body: { userName: 'bob' } }),
    () =>
      tenant.request('PATCH', `/scim/v2/Users/${id}`, {
        headers: JSON_BODY,
        body: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'active', value: false }] },
      }),
  ];
  for (const attempt of attempts) {
    const answer = await attempt();
    t.match(answer, {
      status: 503,
      headers: { 'retry-after': /^\d+$/, 'content-type': /scim\+json/ },
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '503' },
    });
    t.notMatch(answer.text, /terminat|postgres|ECONN|at .*\.js/i, 'nothing of the inside is told');
  }
  t.equal((await tenant.request('GET', '/readyz')).status, 503);
  t.equal((await tenant.request('GET', '/livez')).status, 200, 'the process itself is well');

  await back();
  let status = 0;
  for (let attempt = 0; attempt < 100 && status !== 200; attempt += 1) {
    ({ status } = await tenant.request('GET', `/scim/v2/Users/${id}`));
    if (status !== 200) await sleep(100);
  }
  t.equal(status, 200, 'it is used again without a restart');
  t.equal((await tenant.request('GET', '/readyz')).status, 200);
  const found = await tenant.request('GET', '/scim/v2/Users?filter=active%20eq%20true');
  t.match(found.body, { totalResults: 1 }, 'what was answered 503 was not done');
});
