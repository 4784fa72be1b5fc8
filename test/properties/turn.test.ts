/**
 * Somebody who is suspended or comes back is settled by one statement where there is nothing to decide; under a brake, be it
 * one that nothing engages, they are settled as everybody is. Twins of one tenant, one of them with such a brake, stay the
 * same, down to what the feed tells. PROPERTY_RUNS says how many pairs of twins.
 */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { StoredProvisioning } from '../../src/provisioning/settings.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import type { ChangeRow } from '../support/provisioningViews.ts';
import { recordingConnection, type Statement } from '../support/statements.ts';
import { USER } from '../rfc/client.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);
if (process.env['PROPERTY_RUNS'] !== undefined) t.setTimeout(0);

const sent: Statement[] = [];
let app: TestApp;
t.before(async () => {
  const connection = recordingConnection(await cloneDatabase(t), sent);
  t.teardown(() => connection.close());
  app = await openApp(t, {}, { connection });
});

/** Whether the single statement has done it since the last time, and nobody was settled. */
function turned(): boolean {
  const texts = sent.splice(0).map(({ text }) => text);
  const tried = texts.some((text) => text.includes('"came" as'));
  return tried && !texts.some((text) => text.includes('"weighed" as'));
}

const ROLES = [
  { name: 'viewer', aliases: [] },
  { name: 'member', aliases: ['user'] },
  { name: 'admin', aliases: ['owner'] },
];
const RULES = [
  { name: 'Everyone', role: 'viewer' },
  { name: 'Crew', organization: 'Acme', role: 'member' },
  { pattern: '{organization} {role}' },
];
const NAMES = ['Everyone', 'Crew', 'Acme Admin', 'Globex user', 'Acme', 'Plain'];

const brake = {
  windowMinutes: 60,
  removals: 0,
  share: null,
  expiresAfterHours: null,
  onExpiry: 'drop' as const,
};

const settings = fc.record({
  ruled: fc.boolean(),
  unmatched: fc.constantFrom('organization' as const, 'none' as const),
  userRoles: fc.constantFrom(
    'ignored' as const,
    'defaultOrganization' as const,
    'everyOrganization' as const,
  ),
  defaultRole: fc.constantFrom(null, 'viewer', 'member'),
});

const storedOf = ({
  ruled,
  unmatched,
  userRoles,
  defaultRole,
}: typeof settings extends fc.Arbitrary<infer S> ? S : never): StoredProvisioning => ({
  roles: ROLES,
  userRoles,
  defaultRole,
  organizations: { rules: ruled ? RULES : [], unmatched },
});

const text = fc.constantFrom('x', 'y', 'z');
const profile = fc.record(
  {
    title: text,
    externalId: text,
    displayName: text,
    roles: fc.constantFrom(
      [{ value: 'Admin' }],
      [{ value: 'user' }, { value: 'viewer' }],
      [{ value: 'none' }],
    ),
    emails: fc.constantFrom(
      [{ value: 'w@example.com', type: 'work' }],
      [
        { value: 'h@example.com', type: 'home' },
        { value: 'p@example.com', type: 'other', primary: true },
      ],
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const twins = fc.record({
  settings,
  /** For each group, whether the person is in it, and the group above it. */
  groups: fc.array(fc.record({ has: fc.boolean(), above: fc.option(fc.nat(5)) }), {
    minLength: 3,
    maxLength: 6,
  }),
  person: profile,
  steps: fc.array(fc.record({ active: fc.boolean(), set: profile, flip: fc.boolean(), puts: fc.boolean() }), {
    minLength: 5,
    maxLength: 5,
  }),
});

class Twin {
  readonly tenant: Provisioned;
  readonly id: string;
  readonly #names = new Map<string, string>();

  private constructor(tenant: Provisioned, id: string) {
    this.tenant = tenant;
    this.id = id;
    this.#names.set(id, 'the person');
  }

  static async born(
    slug: string,
    stored: StoredProvisioning,
    groups: readonly { readonly has: boolean; readonly above: number | null }[],
    person: object,
  ): Promise<Twin> {
    const tenant = await provisioned(app, slug, stored);
    const { client } = tenant;
    const twin = new Twin(tenant, String((await client.user('ada', person))['id']));
    const { id: other } = await client.user('eve');
    const ids: string[] = [];
    for (const [n, { has }] of groups.entries()) {
      const name = NAMES[n] as string;
      const group = await client.group(name, has ? [twin.id, String(other)] : [String(other)]);
      ids.push(String(group['id']));
      twin.#names.set(String(group['id']), name);
    }
    for (const [n, { above }] of groups.entries()) {
      const upper = above === null ? undefined : ids[above % ids.length];
      if (upper === undefined || upper === ids[n]) continue;
      const value = [{ value: ids[n] }];
      await client.patch(`/Groups/${upper}`, [{ op: 'add', path: 'members', value }]);
    }
    await tenant.news();
    return twin;
  }

  /** What was told since the last time, and what is there now, with names in the place of ids. */
  async state(): Promise<string[]> {
    const news = await this.tenant.news();
    const account = await this.tenant.account(this.id);
    this.#names.set(String(account?.account_id), 'the account');
    const { rows } = await app.connection.pool.query(
      'select id, name from rollcall_data.organizations where tenant_id = $1',
      [this.tenant.tenantId],
    );
    for (const { id, name } of rows as { id: string; name: string }[])
      this.#names.set(id, name === this.tenant.slug ? 'default' : name);
    const { rows: members } = await app.connection.pool.query(
      `select organization_id, role, group_ids from rollcall_data.organization_members
        where tenant_id = $1 and account_id = $2`,
      [this.tenant.tenantId, account?.account_id],
    );
    const { rows: resources } = await app.connection.pool.query(
      `select key, external_id, active, attributes, folded, own_role, imported, version
        from rollcall_data.resources where tenant_id = $1 and id = $2`,
      [this.tenant.tenantId, this.id],
    );
    return [
      ...news.map((change) => this.#named(withoutOrigin(change))),
      ...members.map((row) => this.#named(row)).sort(),
      this.#named(account),
      ...resources.map((row) => this.#named(row)),
    ];
  }

  #named(value: unknown): string {
    return JSON.stringify(ordered(value)).replaceAll(
      /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g,
      (id) => this.#names.get(id) ?? id,
    );
  }
}

/** The groups of a membership, and the properties of an object, in no order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, name === 'paths' ? [...(inner as string[])].sort() : ordered(inner)]),
  );
}

function withoutOrigin({
  position: _position,
  token_id: _token,
  request_id: _request,
  ...change
}: ChangeRow) {
  return change;
}

const sorted = (lines: readonly string[]): string[] =>
  lines
    .map((line) => line.replaceAll(/"(?:groups|group_ids)":\[[^\]]*\]/g, (list) => [...list].sort().join('')))
    .sort();

t.test(
  'whoever is turned at once is what they are when they are settled, and the feed tells the same',
  async (t) => {
    let pairs = 0;
    let turns = 0;
    await fc.assert(
      fc.asyncProperty(twins, async ({ settings: given, groups, person, steps }) => {
        pairs += 1;
        const stored = storedOf(given);
        const [one, other] = [
          await Twin.born(`turned-${pairs}`, stored, groups, person),
          await Twin.born(
            `settled-${pairs}`,
            { ...stored, brake: { ...brake, removals: 1_000 } },
            groups,
            person,
          ),
        ];
        let active = true;
        let document: Record<string, unknown> = { ...person };
        await one.state();
        await other.state();
        for (const { set, flip, active: anything, puts } of steps) {
          active = flip ? !active : anything;
          document = { ...document, ...set };
          const body = { schemas: [USER], userName: 'ada', ...document, active };
          const operations = Object.entries({ ...set, active }).map(([path, value]) => ({
            op: 'replace',
            path,
            value,
          }));
          const change = async ({ id, tenant: { client } }: Twin): Promise<boolean> => {
            turned();
            const url = `/Users/${id}`;
            const { status, text: answer } = await (puts
              ? client.put(url, body)
              : client.patch(url, operations));
            if (status !== 200) throw new Error(answer);
            return turned();
          };
          turns += (await change(one)) ? 1 : 0;
          if (await change(other)) throw new Error('under a brake, everybody is settled');
          t.same(sorted(await one.state()), sorted(await other.state()));
          if (!t.passing()) return false;
        }
        return true;
      }),
      { numRuns: RUNS },
    );
    t.ok(turns > RUNS, `${turns} turns`);
  },
);

/** Whether the single statement is sent when somebody's `active` is set by a PATCH. */
async function turnsBy(t: Test, tenant: Provisioned, id: string, active: boolean): Promise<boolean> {
  turned();
  const { status } = await tenant.client.patch(`/Users/${id}`, [
    { op: 'replace', path: 'active', value: active },
  ]);
  t.equal(status, 200);
  const taken = turned();
  await tenant.news();
  return taken;
}

t.test('whoever could be held, or is, is not turned at once', async (t) => {
  const tenant = await provisioned(app, 'held');
  const id = String((await tenant.client.user('ada'))['id']);
  await tenant.client.group('Staff', [id]);
  const set = async (body: object) =>
    t.equal((await app.admin('PATCH', `/tenants/${tenant.slug}/provisioning`, body)).statusCode, 200);
  const admin = async (path: string, body?: object) => {
    const { status } = await tenant.admin('POST', path, body);
    t.equal(Math.floor(status / 100), 2, path);
  };
  t.ok(await turnsBy(t, tenant, id, false), 'where nothing can be held');
  t.ok(await turnsBy(t, tenant, id, true), 'and back');
  t.notOk(await turnsBy(t, tenant, id, true), 'nothing changes');

  await admin('/pause');
  t.notOk(await turnsBy(t, tenant, id, false), 'while paused');
  await admin('/resume');
  t.ok(await turnsBy(t, tenant, id, true), 'and again when it is over');

  await set({ brake });
  t.notOk(await turnsBy(t, tenant, id, false), 'under a brake');
  t.match(await tenant.account(id), { active: true }, 'which holds it');
  await set({ brake: null });
  t.notOk(
    await turnsBy(t, tenant, id, true),
    'while a hold is open, and the account is not what its resource was',
  );
  t.ok(await turnsBy(t, tenant, id, false), 'and again when nothing waits any more');
  t.ok(await turnsBy(t, tenant, id, true));

  await set({ brake });
  t.notOk(await turnsBy(t, tenant, id, false));
  const [hold] = (await tenant.admin('GET', '/holds')).body['holds'] as { id: string }[];
  await admin(`/holds/${hold?.id}/reject`, { accounts: [(await tenant.account(id))?.account_id] });
  await set({ brake: null });
  t.notOk(await turnsBy(t, tenant, id, true), 'of whom something was rejected');
  t.match(await tenant.account(id), { active: true });
  t.ok(await turnsBy(t, tenant, id, false), 'and again when it is asked for no more');

  await app.connection.pool.query(
    `update rollcall_data.accounts set frozen = '{"userName":"ada"}' where tenant_id = $1`,
    [tenant.tenantId],
  );
  t.notOk(await turnsBy(t, tenant, id, true), 'whose attributes are frozen');
});

t.test('where not everybody has an account, nobody is turned at once', async (t) => {
  const tenant = await provisioned(app, 'admitted', { admission: 'userType ne "Contractor"' });
  const id = String((await tenant.client.user('ada'))['id']);
  t.notOk(await turnsBy(t, tenant, id, false));
  t.match(await tenant.account(id), { active: false, reason: 'suspended' });
});

t.test(
  'who is turned while their groups change has what they are due in the end, and the feed tells so',
  async (t) => {
    const real = await openApp(t);
    const tenant = await provisioned(real, 'at-once');
    const { client } = tenant;
    const people: string[] = [];
    for (let n = 0; n < 4; n += 1) people.push(String((await client.user(`user${n}`))['id']));
    const groups: string[] = [];
    for (const name of ['Acme', 'Globex']) groups.push(String((await client.group(name))['id']));
    const active = new Map(people.map((id) => [id, true]));
    const has = new Map(groups.map((id) => [id, new Set<string>()]));
    for (let round = 0; round < 12; round += 1) {
      const [person, other] = [people[round % 4] as string, people[(round + 1) % 4] as string];
      const group = groups[round % 2] as string;
      const inside = has.get(group) as Set<string>;
      const set = (id: string) => {
        active.set(id, !active.get(id));
        return client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: active.get(id) }]);
      };
      const edit = (id: string) => {
        const op = inside.has(id) ? 'remove' : 'add';
        if (!inside.delete(id)) inside.add(id);
        return op === 'add'
          ? client.patch(`/Groups/${group}`, [{ op, path: 'members', value: [{ value: id }] }])
          : client.patch(`/Groups/${group}`, [{ op, path: `members[value eq "${id}"]` }]);
      };
      const title = client.patch(`/Users/${person}`, [
        { op: 'replace', path: 'title', value: String(round) },
      ]);
      const answers = await Promise.all([set(person), edit(person), set(other), edit(other), title]);
      t.same(
        answers.map(({ status }) => status),
        [200, 204, 200, 204, 200],
      );
      await tenant.news();
      const due = people.flatMap((id, n) => {
        const organizations = [
          'at-once',
          ...['Acme', 'Globex'].filter((_, g) => has.get(groups[g] as string)?.has(id)),
        ];
        return active.get(id) ? organizations.map((name) => `${name}: user${n}`) : [];
      });
      t.same(await tenant.memberships(), due.sort());
    }
  },
);
