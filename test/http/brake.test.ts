/** The brake and the pause: what the directory asks for waits, and nobody loses access before a person has decided. */
import t, { type Test } from 'tap';
import type { BrakeSettings } from '../../src/provisioning/settings.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import type { ChangeRow } from '../support/provisioningViews.ts';
import type { Json } from '../rfc/client.ts';

const HOUR = 3_600_000;
let later = 0;
let app: TestApp;
t.before(async () => {
  app = await openApp(t, {}, { now: () => new Date(Date.now() + later) });
});

const brakeOf = (given: Partial<BrakeSettings>) => ({
  brake: {
    windowMinutes: 60,
    removals: null,
    share: null,
    expiresAfterHours: null,
    onExpiry: 'drop' as const,
    ...given,
  },
});

async function crowd(tenant: Provisioned, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await tenant.client.user(`user${n}`))['id'] as string);
  await tenant.news();
  return ids;
}

async function setActive(t: Test, tenant: Provisioned, id: string, active: boolean): Promise<void> {
  const { status, body } = await tenant.client.patch(`/Users/${id}`, [
    { op: 'replace', path: 'active', value: active },
  ]);
  t.match(
    { status, active: body['active'] as boolean },
    { status: 200, active },
    'the directory says so at once',
  );
}

async function openHolds(tenant: Provisioned): Promise<Json[]> {
  const { status, body } = await tenant.admin('GET', '/holds');
  if (status !== 200) throw new Error(JSON.stringify(body));
  return (body['holds'] as Json[]).filter(({ closedAt }) => !closedAt);
}

async function onlyHold(t: Test, tenant: Provisioned, reason: 'brake' | 'pause' = 'brake'): Promise<string> {
  const holds = await openHolds(tenant);
  t.match(holds, [{ reason }]);
  t.equal(holds.length, 1, 'one hold is open');
  return String(holds[0]?.['id']);
}

/** How many effects wait, and are not rejected. */
async function waiting(tenant: Provisioned): Promise<number> {
  const { rows } = await app.connection.pool.query(
    'select count(*)::int as n from rollcall_data.held_effects where tenant_id = $1 and not rejected',
    [tenant.tenantId],
  );
  return (rows as { n: number }[])[0]?.n ?? 0;
}

const accountIdOf = async (tenant: Provisioned, scimId: string): Promise<string> =>
  (await tenant.account(scimId))?.account_id as string;

const decide = async (t: Test, tenant: Provisioned, hold: string, how: string, body: object = {}) => {
  const { status } = await tenant.admin('POST', `/holds/${hold}/${how}`, body);
  t.equal(Math.floor(status / 100), 2, how);
};

const kindsOf = (changes: readonly ChangeRow[]): string[] => changes.map(({ kind }) => kind);
const isEffect = (kind: string): boolean => /^(?:account|members|organization)\./.test(kind);

t.test('an empty push of a group takes nobody out of its organization before it is approved', async (t) => {
  const tenant = await provisioned(app, 'empty-push', brakeOf({ removals: 0 }));
  const ids = await crowd(tenant, 3);
  const group = await tenant.client.group('Eng', ids);
  const before = await tenant.memberships();
  await tenant.news();
  const push = await tenant.client.put(`/Groups/${group['id']}`, { displayName: 'Eng', members: [] });
  t.equal(push.status, 200);
  t.notOk((await tenant.client.get(`/Groups/${group['id']}`)).body['members'], 'the directory has none');
  t.same(await tenant.memberships(), before, 'everybody is in');
  const held = await tenant.news();
  t.notOk(kindsOf(held).some(isEffect));
  t.match(
    held.find(({ kind }) => kind === 'hold.opened'),
    { after: { reason: 'brake' } },
  );
  const told = held.filter(({ kind }) => kind === 'effects.held');
  const accounts = await Promise.all(ids.map((id) => accountIdOf(tenant, id)));
  t.same(told.flatMap(({ account_ids }) => account_ids ?? []).toSorted(), accounts.toSorted());
  t.match(told[0], { after: { effect: 'remove' } });

  const hold = await onlyHold(t, tenant);
  const { body } = await tenant.admin('GET', `/holds/${hold}`);
  t.equal((body['effects'] as Json[]).length, 3, 'the admin sees what would happen');
  await decide(t, tenant, hold, 'approve');
  t.same(await tenant.memberships(), ['empty-push: user0', 'empty-push: user1', 'empty-push: user2']);
  const released = await tenant.news();
  t.equal(kindsOf(released).filter((kind) => kind === 'members.removed').length, 1);
  t.match(
    released.find(({ kind }) => kind === 'hold.closed'),
    { hold_id: hold, actor: 'admin', after: { outcome: 'approved' } },
  );
  t.equal(await waiting(tenant), 0);
  t.equal(Math.floor((await tenant.admin('POST', `/holds/${hold}/approve`, {})).status / 100), 4);
  t.same(await tenant.news(), [], 'nothing happens twice');
  t.match((await tenant.admin('POST', `/holds/${hold}/approve`, { accounts: ['ada'] })).body, {
    detail: /^"accounts\.0" must be an account id\./,
  });
});

t.test(
  'who is deactivated with the brake on stays in, and a rejection keeps them until they are asked for anew',
  async (t) => {
    const tenant = await provisioned(app, 'rejects', brakeOf({ removals: 0 }));
    const ids = await crowd(tenant, 10);
    const everybody = await tenant.accounts();
    const memberships = await tenant.memberships();
    for (const id of ids.slice(0, 4)) await setActive(t, tenant, id, false);
    t.same(await tenant.accounts(), everybody);
    const hold = await onlyHold(t, tenant);
    t.notOk(kindsOf(await tenant.news()).some(isEffect));
    await decide(t, tenant, hold, 'reject');
    t.same(await tenant.accounts(), everybody);
    t.same(await tenant.memberships(), memberships);
    t.ok(kindsOf(await tenant.news()).includes('effects.rejected'));
    t.same(await openHolds(tenant), []);

    const [first = ''] = ids;
    await setActive(t, tenant, first, false);
    await tenant.client.patch(`/Users/${first}`, [{ op: 'replace', path: 'title', value: 'Engineer' }]);
    t.match(await tenant.account(first), { active: true, attributes: { title: 'Engineer' } }, 'it stands');
    t.equal(await waiting(tenant), 0, 'and is not asked again');
    await setActive(t, tenant, first, true);
    await setActive(t, tenant, first, false);
    t.match(await tenant.account(first), { active: true });
    await decide(t, tenant, await onlyHold(t, tenant), 'approve');
    t.match(await tenant.account(first), { active: false, reason: 'suspended' }, 'asked anew, and approved');
    t.equal((await tenant.accounts()).filter((line) => line.includes(':')).length, 1, 'nobody else');
    await tenant.news();
  },
);

t.test(
  'beyond five removals the others wait, and some of them can be approved before the rest',
  async (t) => {
    const tenant = await provisioned(app, 'five', brakeOf({ removals: 5 }));
    const ids = await crowd(tenant, 20);
    for (const id of ids.slice(0, 8)) await setActive(t, tenant, id, false);
    const suspended = async (): Promise<number> =>
      (await tenant.accounts()).filter((line) => line.endsWith(': suspended')).length;
    t.equal(await suspended(), 5, 'as many as the brake lets through');
    const hold = await onlyHold(t, tenant);
    await decide(t, tenant, hold, 'approve', { accounts: [await accountIdOf(tenant, ids[6] as string)] });
    t.match(await tenant.account(ids[6] as string), { reason: 'suspended' });
    t.equal(await suspended(), 6);
    t.equal(await onlyHold(t, tenant), hold, 'it is open for the others');
    await decide(t, tenant, hold, 'reject', { accounts: [await accountIdOf(tenant, ids[5] as string)] });
    await decide(t, tenant, hold, 'approve');
    t.equal(await suspended(), 7);
    t.match(await tenant.account(ids[5] as string), { active: true }, 'but for the one that was rejected');
    const suspensions = kindsOf(await tenant.news()).filter((kind) => kind === 'account.suspended');
    t.equal(suspensions.length, 7, 'each once');
  },
);

t.test('beyond a share of the active accounts removals wait', async (t) => {
  const tenant = await provisioned(app, 'share', brakeOf({ share: 25 }));
  const ids = await crowd(tenant, 10);
  for (const id of ids.slice(0, 4)) await setActive(t, tenant, id, false);
  t.same(
    (await tenant.accounts()).filter((line) => line.includes(':')),
    ['user0: suspended', 'user1: suspended'],
  );
  await setActive(t, tenant, ids[0] as string, true);
  t.match(await tenant.account(ids[0] as string), { active: true }, 'who comes back does not wait');
  await tenant.news();
});

t.test('what is asked for later takes the place of what waits', async (t) => {
  const tenant = await provisioned(app, 'supersedes', brakeOf({ removals: 0 }));
  const [ada = '', grace = ''] = await crowd(tenant, 2);
  const group = await tenant.client.group('Eng', [ada, grace]);
  const account = await tenant.account(ada);
  const memberships = await tenant.memberships();
  await tenant.news();

  t.equal((await tenant.client.remove(`/Users/${ada}`)).status, 204);
  t.equal((await tenant.client.get(`/Users/${ada}`)).status, 404);
  t.match(await tenant.account(ada), { active: true, account_id: account?.account_id as string });
  t.same(await tenant.memberships(), memberships, 'a leaver keeps access');
  const again = await tenant.client.user('user0', { title: 'back' });
  t.match(await tenant.account(again['id'] as string), {
    active: true,
    account_id: account?.account_id as string,
    attributes: { title: 'back' },
  });
  const news = kindsOf(await tenant.news());
  t.ok(news.includes('effects.superseded'));
  t.notOk(
    news.some((kind) => /deprovisioned|reactivated/.test(kind)),
    'who never left does not come back',
  );
  t.same(await tenant.memberships(), memberships, 'that of the group still waits');

  const member = (id: string) => [{ op: 'add', path: 'members', value: [{ value: id }] }];
  await tenant.client.patch(`/Groups/${group['id']}`, member(again['id'] as string));
  await tenant.client.patch(`/Groups/${group['id']}`, [
    { op: 'remove', path: `members[value eq "${grace}"]` },
  ]);
  t.equal(await waiting(tenant), 1);
  await tenant.client.patch(`/Groups/${group['id']}`, member(grace));
  t.equal(await waiting(tenant), 0, 'a member who is added back no longer waits to go');
  for (const { id } of await openHolds(tenant)) await decide(t, tenant, String(id), 'approve');
  t.same(await tenant.memberships(), memberships, 'there is nothing to approve any more');
  t.notOk(kindsOf(await tenant.news()).some((kind) => kind.startsWith('members.')));
});

t.test('a pause holds everything and takes nothing away, and its end applies each once', async (t) => {
  const tenant = await provisioned(app, 'pauses');
  const [ada = '', grace = '', linus = ''] = await crowd(tenant, 3);
  const group = await tenant.client.group('Eng', [ada]);
  await tenant.client.patch(`/Users/${ada}`, [{ op: 'replace', path: 'title', value: 'one' }]);
  const accounts = await tenant.accounts();
  const memberships = await tenant.memberships();
  await tenant.news();
  t.equal(Math.floor((await tenant.admin('POST', '/pause')).status / 100), 2);
  t.equal(Math.floor((await tenant.admin('POST', '/pause')).status / 100), 2, 'twice is once');

  await tenant.client.user('newcomer');
  await tenant.client.patch(`/Users/${ada}`, [{ op: 'replace', path: 'title', value: 'two' }]);
  await tenant.client.patch(`/Users/${linus}`, [{ op: 'replace', path: 'title', value: 'passing' }]);
  await tenant.client.patch(`/Users/${linus}`, [{ op: 'remove', path: 'title' }]);
  await tenant.client.patch(`/Groups/${group['id']}`, [
    { op: 'remove', path: `members[value eq "${ada}"]` },
    { op: 'add', path: 'members', value: [{ value: linus }] },
  ]);
  await setActive(t, tenant, grace, false);
  t.equal((await tenant.client.get(`/Users/${ada}`)).body['title'], 'two', 'the directory goes on');
  t.same(await tenant.accounts(), accounts);
  t.same(await tenant.memberships(), memberships);
  t.match(await tenant.account(ada), { attributes: { title: 'one' } });
  t.notOk(kindsOf(await tenant.news()).some(isEffect));
  await onlyHold(t, tenant, 'pause');

  t.equal(Math.floor((await tenant.admin('POST', '/resume')).status / 100), 2);
  t.same(await tenant.accounts(), ['newcomer', 'user0', 'user1: suspended', 'user2']);
  t.same(await tenant.memberships(), ['Eng: user2', 'pauses: newcomer', 'pauses: user0', 'pauses: user2']);
  t.match(await tenant.account(ada), { attributes: { title: 'two' } });
  const news = await tenant.news();
  t.same(
    kindsOf(news)
      .filter((kind) => kind.startsWith('account.'))
      .toSorted(),
    ['account.created', 'account.suspended', 'account.updated'],
  );
  t.match(
    news.find(({ kind }) => kind === 'hold.closed'),
    { after: { outcome: 'resumed' } },
  );
  t.equal(await waiting(tenant), 0);
  t.same(await openHolds(tenant), []);
  await tenant.client.patch(`/Users/${ada}`, [{ op: 'replace', path: 'title', value: 'three' }]);
  t.match(await tenant.account(ada), { attributes: { title: 'three' } }, 'from now on at once');
  t.same(kindsOf(await tenant.news()), ['account.updated']);
});

t.test('somebody who comes and goes during a pause was never there', async (t) => {
  const tenant = await provisioned(app, 'passing');
  await tenant.admin('POST', '/pause');
  const { id } = await tenant.client.user('passer-by');
  await tenant.client.remove(`/Users/${id}`);
  t.same(await tenant.accounts(), []);
  await tenant.admin('POST', '/resume');
  t.same(await tenant.memberships(), []);
  t.notOk(kindsOf(await tenant.news()).some((kind) => kind.startsWith('members.')));
});

// Last, since the tokens of the tenants do not live as long.
t.test('a hold that nobody decides about ends as is set: its effects are applied, or dropped', async (t) => {
  const ends = await Promise.all(
    (['apply', 'drop'] as const).map(async (onExpiry) => {
      const tenant = await provisioned(
        app,
        `on-expiry-${onExpiry}`,
        brakeOf({ removals: 0, expiresAfterHours: 1, onExpiry }),
      );
      const [ada = ''] = await crowd(tenant, 2);
      await setActive(t, tenant, ada, false);
      t.match(await tenant.account(ada), { active: true });
      await tenant.news();
      return { tenant, ada, active: onExpiry === 'drop' };
    }),
  );
  later = HOUR / 2;
  await app.housekeeping.run('holds');
  for (const { tenant } of ends) t.same(await tenant.news(), [], 'not before their time');
  later = 2 * HOUR;
  await app.housekeeping.run('holds');
  for (const { tenant, ada, active } of ends) {
    t.match(await tenant.account(ada), { active });
    t.same(await openHolds(tenant), []);
    const news = await tenant.news();
    t.match(
      news.find(({ kind }) => kind === 'hold.closed'),
      { actor: 'system', after: { outcome: active ? 'dropped on expiry' : 'applied on expiry' } },
    );
    t.equal(kindsOf(news).includes('account.suspended'), !active);
  }
  await app.housekeeping.run('holds');
  for (const { tenant } of ends) t.same(await tenant.news(), [], 'once');
});
