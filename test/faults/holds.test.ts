/** Nothing that waits is lost, or applied twice, wherever it is broken off and whoever does it at the same time. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import type { StoredProvisioning } from '../../src/provisioning/settings.ts';
import { connectionOver } from '../../src/store/connection.ts';
import { groupOf, type Json, userOf } from '../rfc/client.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { accountLines, type ChangeRow, membershipLines, readViews } from '../support/provisioningViews.ts';
import { startServer } from '../support/server.ts';
import { settledFeed } from '../support/settledFeed.ts';

t.setTimeout(120_000);

/** The connection is lost that sends the n-th statement from now on; or, after it has been done, the n-th commit. */
let cut: { in: number; after: boolean } | undefined;

class FragileClient extends pg.Client {
  // One signature for all the overloads, which are passed on as they are.
  override query(...given: readonly unknown[]): never {
    const lose = (): unknown =>
      (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    // oxlint-disable-next-line typescript/unbound-method -- it is called on this client
    const send: (this: unknown, ...given: readonly unknown[]) => unknown = super.query;
    const [first] = given as [string | { readonly text?: string }];
    const text = typeof first === 'string' ? first : (first.text ?? '');
    const counts = cut !== undefined && (!cut.after || /^commit/i.test(text));
    if (!cut || !counts || (cut.in -= 1) > 0) return send.apply(this, [...given]) as never;
    const { after } = cut;
    cut = undefined;
    if (!after) lose();
    const sent = send.apply(this, [...given]);
    if (!after || !(sent instanceof Promise)) return sent as never;
    return sent.then(() => {
      lose();
      throw new Error('Connection terminated');
    }) as never;
  }
}

let app: TestApp;
t.before(async () => {
  const pool = new pg.Pool({ connectionString: await cloneDatabase(t), max: 8, Client: FragileClient });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const connection = connectionOver(pool, { embedded: false, prepare: false, cancellable: false });
  t.teardown(() => connection.close());
  app = await openApp(t, {}, { connection });
});

const BRAKE: StoredProvisioning = {
  brake: { windowMinutes: 60, removals: 0, share: null, expiresAfterHours: null, onExpiry: 'drop' },
};

interface Scene {
  readonly tenant: Provisioned;
  readonly users: readonly string[];
  readonly group: string;
}

const EMPTY = { ...groupOf('Eng'), members: [] };

let scenes = 0;

async function scene(settings: StoredProvisioning): Promise<Scene> {
  const tenant = await provisioned(app, `scene${(scenes += 1)}`, settings);
  const users: string[] = [];
  for (const n of [0, 1, 2, 3]) users.push((await tenant.client.user(`user${n}`))['id'] as string);
  const group = (await tenant.client.group('Eng', users))['id'] as string;
  return { tenant, users, group };
}

async function accident({ tenant, users, group }: Scene): Promise<void> {
  await tenant.client.patch(`/Users/${users[0]}`, [{ op: 'replace', path: 'active', value: false }]);
  await tenant.client.remove(`/Users/${users[1]}`);
  await tenant.client.put(`/Groups/${group}`, EMPTY);
}

const onlyHold = async ({ tenant }: Scene): Promise<string> => {
  const holds = (await tenant.admin('GET', '/holds')).body['holds'] as Json[];
  return String(holds[0]?.['id']);
};

async function count(text: string, { tenant }: Pick<Scene, 'tenant'>): Promise<number> {
  const { rows } = await app.connection.pool.query<{ n: number }>(`select count(*)::int as n from ${text}`, [
    tenant.tenantId,
  ]);
  return rows[0]?.n ?? 0;
}

/** All that can be seen of a tenant, by names. */
async function seen({ tenant }: Scene, feed: readonly ChangeRow[]): Promise<string[]> {
  const views = await readViews(app.connection.pool, tenant.tenantId);
  const names = new Map(views.accounts.map(({ account_id, user_name }) => [account_id, user_name]));
  const ids = views.organizations.map(({ organization_id, name }) => [organization_id, name] as const);
  const organizations = new Map(ids);
  const held = await app.connection.pool.query<{ account_id: string; effect: string; rejected: boolean }>(
    'select account_id, effect, rejected from rollcall_data.held_effects where tenant_id = $1',
    [tenant.tenantId],
  );
  const lines = [
    ...accountLines(views),
    ...membershipLines(views),
    ...held.rows.map((row) => `held: ${row.effect} ${names.get(row.account_id)} ${row.rejected}`),
    // Of several accounts at once one by one, since they need not be told together.
    ...feed.flatMap(({ kind, account_id, account_ids, organization_id, after }) =>
      (account_ids ?? [account_id]).map((id) =>
        [
          kind,
          names.get(id ?? '') ?? '',
          organizations.get(organization_id ?? '') ?? '',
          JSON.stringify({ ...after, groups: 0 }),
        ].join(' '),
      ),
    ),
  ];
  return lines.map((line) => line.replaceAll(tenant.slug, 'default')).toSorted();
}

interface Ordeal {
  readonly settings: StoredProvisioning;
  readonly before: (scene: Scene) => Promise<void>;
  /** @returns what is to be asked, once all is known that it takes */
  readonly request: (scene: Scene) => Promise<() => Promise<{ readonly status: number }>>;
}

const decision =
  (how: 'approve' | 'reject', whose?: number): Ordeal['request'] =>
  async (there) => {
    const account = whose === undefined ? undefined : await there.tenant.account(there.users[whose] ?? '');
    const hold = await onlyHold(there);
    const body = account ? { accounts: [account.account_id] } : {};
    return () => there.tenant.admin('POST', `/holds/${hold}/${how}`, body);
  };

const ORDEALS: Readonly<Record<string, Ordeal>> = {
  'approving all': { settings: BRAKE, before: accident, request: decision('approve') },
  'approving the end of one': { settings: BRAKE, before: accident, request: decision('approve', 0) },
  'rejecting all': { settings: BRAKE, before: accident, request: decision('reject') },
  'ending a pause': {
    settings: {},
    async before(there) {
      await there.tenant.admin('POST', '/pause');
      await accident(there);
      await there.tenant.client.user('newcomer');
      await there.tenant.client.patch(`/Users/${there.users[2]}`, [{ op: 'add', path: 'title', value: 'x' }]);
    },
    request: ({ tenant }) => Promise.resolve(() => tenant.admin('POST', '/resume')),
  },
  'an empty push under the brake': {
    settings: BRAKE,
    before: () => Promise.resolve(),
    request: ({ tenant, group }) => Promise.resolve(() => tenant.client.put(`/Groups/${group}`, EMPTY)),
  },
};

for (const [what, { settings, before, request }] of Object.entries(ORDEALS)) {
  t.test(`${what}, with the connection lost at each statement, ends as without`, async (t) => {
    const prepare = async (): Promise<Scene> => {
      const there = await scene(settings);
      await before(there);
      await there.tenant.news();
      return there;
    };
    const undisturbed = await prepare();
    const still = await seen(undisturbed, []);
    t.equal((await (await request(undisturbed))()).status, 200);
    const expected = await seen(undisturbed, await undisturbed.tenant.news());
    t.not(expected.join('\n'), still.join('\n'));

    for (const after of [false, true]) {
      let there = await prepare();
      let ask = await request(there);
      let committed = 0;
      for (let n = 1; ; n += 1) {
        cut = { in: n, after };
        const { status } = await ask();
        const reached = cut === undefined;
        cut = undefined;
        const news = await there.tenant.news();
        const found = await seen(there, news);
        if (!reached) {
          t.equal(status, 200);
          t.same(found, expected, `${n - 1} statements, ${committed} of them behind a commit`);
          break;
        }
        if (news.length === 0) {
          if (found.join('\n') !== still.join('\n')) t.same(found, still, `statement ${n}: nothing is done`);
          continue;
        }
        // It had been committed; what was asked for once more finds it done, or does the rest.
        committed += 1;
        await ask();
        await app.housekeeping.run('recompute');
        const all = [...news, ...(await there.tenant.news())];
        t.same(await seen(there, all), expected, `statement ${n}, done once more`);
        there = await prepare();
        ask = await request(there);
        // Each takes a tenant of its own: some of them will do.
        n += after ? 0 : 10;
      }
    }
  });
}

t.test('of two who decide about one hold at once, one does', async (t) => {
  for (const [one, other] of [
    ['approve', 'approve'],
    ['approve', 'reject'],
    ['reject', 'approve'],
  ] as const) {
    const there = await scene(BRAKE);
    await accident(there);
    await there.tenant.news();
    const hold = await onlyHold(there);
    const decide = (how: string) => there.tenant.admin('POST', `/holds/${hold}/${how}`, {});
    const statuses = (await Promise.all([decide(one), decide(other)])).map(({ status }) => status);
    t.same(
      statuses.filter((status) => status >= 500),
      [],
    );
    t.ok(statuses.includes(200));
    const news = await there.tenant.news();
    t.equal(news.filter(({ kind }) => kind === 'hold.closed').length, 1);
    const told = news.flatMap(({ kind, account_ids }) =>
      /^effects\.(?:released|rejected)$/.test(kind) ? (account_ids ?? []) : [],
    );
    t.equal(told.length, new Set(told).size, 'nobody is decided about twice');
    t.equal(told.length, 4);
    t.equal(await count('rollcall_data.held_effects where tenant_id = $1 and not rejected', there), 0);
  }
});

/** Requests of all kinds, many at a time, over a few people and groups that are in each other. */
async function storm({ tenant, users }: Scene, requests: number, lanes: number): Promise<number[]> {
  const { client } = tenant;
  const groups: string[] = [];
  for (const name of ['A', 'B', 'C', 'D']) groups.push((await client.group(name))['id'] as string);
  // The same every time, so that what it finds can be found again.
  let seed = 42;
  const pick = <T>(of: readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return of[Math.floor((seed / 2_147_483_648) * of.length)] as T;
  };
  const statuses: number[] = [];
  let next = 0;
  const one = async (n: number): Promise<number> => {
    const [user, at] = [pick(users), groups.indexOf(pick(groups))];
    const group = groups[at];
    const below = groups[at + 1] ?? user;
    const add = (value: string | undefined) => [{ op: 'add', path: 'members', value: [{ value }] }];
    const drop = (value: string | undefined) => [{ op: 'remove', path: `members[value eq "${value}"]` }];
    const acts = [
      () => client.patch(`/Groups/${group}`, add(user)),
      () => client.patch(`/Groups/${group}`, add(user)),
      () => client.patch(`/Groups/${group}`, drop(user)),
      () => client.patch(`/Groups/${group}`, add(below)),
      () => client.patch(`/Groups/${group}`, drop(below)),
      () => client.put(`/Groups/${group}`, groupOf(`G${n}`, users.slice(0, 3))),
      () =>
        client.patch(`/Users/${user}`, [
          { op: 'replace', path: 'active', value: n % 2 === 0 },
          { op: 'replace', path: 'title', value: `t${n}` },
        ]),
      () => client.patch(`/Users/${user}`, [{ op: 'replace', path: 'title', value: `t${n}` }]),
      () => client.put(`/Users/${user}`, userOf(`renamed${n}`, { title: `t${n}` })),
      () => client.post('/Users', userOf(`new${n % 7}`)),
      () => client.post('/Groups', groupOf(`new${n % 5}`, [user])),
      async () => {
        const made = await client.post('/Users', userOf(`passing${n % 3}`));
        return made.status === 201 ? client.remove(`/Users/${made.body['id']}`) : made;
      },
      async () => {
        const made = await client.post('/Groups', groupOf(`passing${n % 3}`, users.slice(0, 2)));
        return made.status === 201 ? client.remove(`/Groups/${made.body['id']}`) : made;
      },
    ];
    return (await pick(acts)()).status;
  };
  const lane = async (): Promise<void> => {
    while (next < requests) statuses.push(await one((next += 1)));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return statuses;
}

async function recomputesToNothing(t: Test, there: Scene): Promise<void> {
  await there.tenant.news();
  await app.connection.pool.query(
    `insert into rollcall_data.recomputations (tenant_id, id, requested_at, not_before)
      values ($1, gen_random_uuid(), now(), now())`,
    [there.tenant.tenantId],
  );
  await app.housekeeping.run('recompute');
  await app.housekeeping.run('recompute');
  t.equal(await count('rollcall_data.recomputations where tenant_id = $1 and not_before <= now()', there), 0);
  t.same(await there.tenant.news(), [], 'everybody had what the directory asks for');
}

const faults = (statuses: readonly number[]): number[] => statuses.filter((status) => status >= 500);
const DEADLOCKS = 'select deadlocks::int as n from pg_stat_database where datname = current_database()';

t.test(
  'many requests of all kinds at once are all carried out, and leave what the directory asks for',
  async (t) => {
    const admission = { admission: 'title pr or groups.display sw "G"' };
    for (const [settings, requests] of [
      [{}, 120],
      [admission, 50],
    ] as const) {
      const there = await scene(settings);
      const statuses = await storm(there, requests, 20);
      t.same(faults(statuses), [], `of ${statuses.length}`);
      t.equal(await count('rollcall_data.held_effects where tenant_id = $1', there), 0);
      await recomputesToNothing(t, there);
      const { rows } = await app.connection.pool.query<{ n: number }>(DEADLOCKS);
      t.comment(`${rows[0]?.n} deadlocks so far`);
    }
  },
);

t.test('what waits can be approved while the identity provider goes on', async (t) => {
  const there = await scene(BRAKE);
  const provider = { goesOn: true };
  const approvals: number[] = [];
  const approve = async (): Promise<void> => {
    while (provider.goesOn) {
      const { body } = await there.tenant.admin('GET', '/holds?open=true');
      for (const { id } of body['holds'] as Json[]) {
        approvals.push((await there.tenant.admin('POST', `/holds/${id}/approve`, {})).status);
      }
      await sleep(5);
    }
  };
  const approving = approve();
  const statuses = await storm(there, 100, 10);
  provider.goesOn = false;
  await approving;
  t.same(faults(statuses), []);
  t.same(faults(approvals), []);
  t.ok(approvals.includes(200), `${approvals.length} approvals`);
  const { body } = await there.tenant.admin('GET', '/holds?open=true');
  for (const { id } of body['holds'] as Json[]) {
    t.equal((await there.tenant.admin('POST', `/holds/${id}/approve`, {})).status, 200);
  }
  t.equal(await count('rollcall_data.held_effects where tenant_id = $1', there), 0);
  await recomputesToNothing(t, there);
});

t.test(
  'kill -9 in the middle of approving thousands of removals loses none and applies none twice',
  async (t) => {
    const databaseUrl = await cloneDatabase(t);
    const PEOPLE = 2_100;
    const first = await startServer(t, { databaseUrl });
    const tenant = await first.newTenant('killed');
    const scim = { 'Content-Type': 'application/scim+json' };
    const people = Array.from({ length: PEOPLE }, (_, n) => JSON.stringify({ userName: `user${n}` }));
    await first.as(first.adminToken).request('POST', '/admin/v1/tenants/killed/import', {
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: people.join('\n'),
    });
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    t.teardown(() => pool.end());
    const one = async (text: string): Promise<number> =>
      ((await pool.query(text)).rows as { n: number }[])[0]?.n ?? 0;
    const { rows } = await pool.query<{ id: string }>(
      `select id from rollcall_data.resources where type = 'User' and attributes ->> 'userName' like 'user%'`,
    );
    const members = rows.map(({ id }) => id);
    t.equal(members.length, PEOPLE);
    const made = await tenant.request('POST', '/scim/v2/Groups', {
      headers: scim,
      body: groupOf('Eng', members),
    });
    t.equal(made.status, 201);
    const set = await first.admin('PATCH', '/tenants/killed/provisioning', { brake: { removals: 0 } });
    t.equal(set.status, 200);
    // Longer than the server goes by what was set before.
    await sleep(3_100);
    const { id } = made.body as Json;
    await tenant.request('PUT', `/scim/v2/Groups/${id}`, { headers: scim, body: EMPTY });
    const HELD = 'select count(*)::int as n from rollcall_data.held_effects';
    t.equal(await one(HELD), PEOPLE);
    const { body } = await first.admin('GET', '/tenants/killed/holds');
    const approve = `/tenants/killed/holds/${((body as Json)['holds'] as Json[])[0]?.['id']}/approve`;
    const approval = first.admin('POST', approve, {}).catch(() => undefined);
    while ((await one(HELD)) === PEOPLE) await sleep(1);
    await first.kill();
    await approval;

    const second = await startServer(t, { databaseUrl });
    const left = await one(HELD);
    t.comment(`${left} were left`);
    const MEMBERS = `select count(*)::int as n from rollcall.organization_members m
    join rollcall.organizations o using (tenant_id, organization_id) where o.name = 'Eng'`;
    t.equal(await one(MEMBERS), left, 'whoever is still in still waits');
    const { status } = await second.admin('POST', approve, {});
    t.equal(status, left > 0 ? 200 : 404);
    t.equal(await one(HELD), 0);
    t.equal(await one(MEMBERS), 0);
    await settledFeed(pool);
    const { rows: told } = await pool.query<{ times: number; people: number }>(
      `select times::int, count(*)::int as people from (
      select count(*) as times from rollcall.changes, unnest(account_ids) as account
        where kind = 'members.removed' group by account) as t group by times`,
    );
    t.same(told, [{ times: 1, people: PEOPLE }], 'each once');
    t.equal(await one(`select count(*)::int as n from rollcall.changes where kind = 'hold.closed'`), 1);
    await second.stop();
  },
);
