import t from 'tap';
import type { ScimError } from '../../src/scim/errors.ts';
import { refusal } from '../support/refusal.ts';
import { addTenant, type Directory, Group, openDirectory, User } from '../support/directory.ts';

let directory: Directory;

t.before(async () => {
  directory = await openDirectory(t);
});

const user = (userName: string, more: object = {}): object => ({ schemas: [User.schema], userName, ...more });
const group = (displayName: string, more: object = {}): object => ({
  schemas: [Group.schema],
  displayName,
  ...more,
});
const members = (...ids: string[]): object[] => ids.map((value) => ({ value }));

/** What the database holds of a resource, the tables being private or not. */
async function row(table: 'resources' | 'accounts', id: string): Promise<Record<string, unknown>> {
  const column = table === 'accounts' ? 'resource_id' : 'id';
  const { rows } = await directory.connection.pool.query(
    `select * from rollcall_data.${table} where ${column} = $1`,
    [id],
  );
  return rows[0] as Record<string, unknown>;
}

async function changes(id: string): Promise<{ kind: string; paths: string[]; version: number }[]> {
  const { rows } = await directory.connection.pool.query(
    'select kind, paths, version from rollcall_data.changes where resource_id = $1 order by seq',
    [id],
  );
  return rows as { kind: string; paths: string[]; version: number }[];
}

async function memberIds(id: string): Promise<string[]> {
  const { members: all } = await directory.read(Group, id);
  return all === 'many' ? [] : (all ?? []).map((member) => member.id);
}

t.test('A4.09 a new user is active, has an account, and the feed tells of it', async (t) => {
  const { id, document, version } = await directory.create(User, user('ada'));
  t.equal(document['active'], true);
  t.equal(version, 1);
  t.match(await row('accounts', id), { active: true, reason: null });
  t.match(await changes(id), [{ kind: 'account.created', version: 1 }]);
});

t.test('A6.03 a deactivated user stays readable, in its groups, and has an inactive account', async (t) => {
  const { id } = await directory.create(User, user('bob'));
  const { id: groupId } = await directory.create(Group, group('Bobs', { members: members(id) }));
  await directory.patch(User, id, [{ op: 'Replace', path: 'active', value: 'False' }]);
  const read = await directory.read(User, id);
  t.equal(read.document['active'], false);
  t.same(
    read.groups?.map((membership) => membership.id),
    [groupId],
  );
  t.match(await row('accounts', id), { active: false, reason: 'suspended' });
  await directory.patch(User, id, [{ op: 'replace', value: { active: true } }]);
  t.match(await row('accounts', id), { active: true, reason: null });
  t.same(
    (await changes(id)).map(({ kind }) => kind),
    ['account.created', 'account.suspended', 'account.reactivated'],
  );
});

t.test('removing `active` lets nobody in and shuts nobody out', async (t) => {
  const { id } = await directory.create(User, user('carl', { active: false }));
  await directory.patch(User, id, [{ op: 'remove', path: 'active' }]);
  t.equal((await directory.read(User, id)).document['active'], false);
  await directory.replace(User, id, user('carl'));
  t.equal((await directory.read(User, id)).document['active'], false);
});

t.test('B6.08 a change that changes nothing writes nothing', async (t) => {
  const { id, version, lastModified } = await directory.create(
    User,
    user('dora', { title: 'Guide', emails: [{ type: 'work', value: 'd@x.org' }] }),
  );
  const { id: groupId } = await directory.create(Group, group('Doras', { members: members(id) }));
  await directory.patch(User, id, [{ op: 'add', path: 'title', value: 'Guide' }]);
  await directory.patch(User, id, [
    { op: 'add', path: 'emails', value: [{ type: 'WORK', value: 'd@x.org' }] },
    { op: 'replace', path: 'emails[type eq "work"].type', value: 'work' },
  ]);
  await directory.replace(
    User,
    id,
    user('dora', { title: 'Guide', emails: [{ type: 'work', value: 'd@x.org' }] }),
  );
  await directory.patch(Group, groupId, [{ op: 'add', path: 'members', value: members(id) }]);
  await directory.patch(Group, groupId, [{ op: 'replace', path: 'members', value: members(id) }]);
  await directory.replace(Group, groupId, group('Doras', { members: members(id) }));
  const read = await directory.read(User, id);
  t.equal(read.version, version);
  t.same(read.lastModified, lastModified);
  t.equal((await changes(id)).length, 1);
  t.equal((await directory.read(Group, groupId)).version, 1);
  t.equal((await changes(groupId)).length, 1);
});

t.test('B7.01 after DELETE the id is gone, the name free, the account kept', async (t) => {
  const { id } = await directory.create(User, user('eve'));
  await directory.remove(User, id);
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => directory.read(User, id),
    () => directory.patch(User, id, [{ op: 'replace', path: 'title', value: 'x' }]),
    () => directory.replace(User, id, user('eve')),
    () => directory.remove(User, id),
  ];
  for (const attempt of attempts) {
    t.match(await refusal(attempt()), { status: 404 });
  }
  t.match(await row('accounts', id), { active: false, reason: 'deprovisioned' });
  const again = await directory.create(User, user('EVE'));
  t.not(again.id, id);
});

t.test('B7.03 deleting a member changes its groups; deleting a group leaves its members', async (t) => {
  const { id } = await directory.create(User, user('fred'));
  const { id: inner } = await directory.create(Group, group('Inner', { members: members(id) }));
  const { id: outer } = await directory.create(Group, group('Outer', { members: members(inner) }));
  await directory.remove(User, id);
  t.equal((await directory.read(Group, inner)).version, 2);
  t.same(await memberIds(inner), []);
  await directory.remove(Group, inner);
  t.same(await memberIds(outer), []);
  t.equal((await directory.read(Group, outer)).version, 2);
});

t.test(
  'B7.03 deleting a manager unassigns them where they are named, and nothing else changes',
  async (t) => {
    const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const { id: boss } = await directory.create(User, user('boss'));
    const { id: other } = await directory.create(User, user('other boss'));
    const { id: alone } = await directory.create(
      User,
      user('alone', { [ENTERPRISE]: { manager: { value: boss } } }),
    );
    const { id: more } = await directory.create(
      User,
      user('more', { title: 'x', [ENTERPRISE]: { manager: { value: boss }, department: 'D' } }),
    );
    const { id: theirs } = await directory.create(
      User,
      user('theirs', { [ENTERPRISE]: { manager: { value: other } } }),
    );
    await directory.remove(User, boss);
    const [first, second, third] = [
      await directory.read(User, alone),
      await directory.read(User, more),
      await directory.read(User, theirs),
    ];
    t.strictSame(first?.document, { userName: 'alone', active: true }, 'an empty container goes');
    t.strictSame(second?.document, {
      userName: 'more',
      active: true,
      title: 'x',
      [ENTERPRISE]: { department: 'D' },
    });
    t.match(third?.document, { [ENTERPRISE]: { manager: { value: other } } });
    t.same([first?.version, second?.version, third?.version], [2, 2, 1]);
    t.equal(
      (await directory.list(User, { filter: `manager eq "${boss}"` })).total,
      0,
      'the searchable twin has it no more',
    );
    t.match((await changes(more)).at(-1), {
      kind: 'account.updated',
      paths: [`${ENTERPRISE}:manager`],
      version: 2,
    });
  },
);

t.test('A8.03 an unknown member is refused by name, and nothing is changed', async (t) => {
  const { id } = await directory.create(User, user('gina'));
  const { id: groupId } = await directory.create(Group, group('Ginas'));
  const unknown = '01890000-0000-7000-8000-000000000000';
  for (const bad of [unknown, 'no-uuid', '" or id pr or "']) {
    t.match(
      await refusal(
        directory.patch(Group, groupId, [
          { op: 'replace', path: 'displayName', value: 'Renamed' },
          { op: 'add', path: 'members', value: members(id, bad) },
        ]),
      ),
      { status: 400, scimType: 'invalidValue' },
    );
  }
  t.match(await refusal(directory.create(Group, group('Never', { members: members(unknown) }))), {
    status: 400,
  });
  t.equal((await directory.read(Group, groupId)).document['displayName'], 'Ginas');
  t.same(await memberIds(groupId), []);
  t.equal((await directory.list(Group, { filter: 'displayName eq "Never"' })).total, 0);
});

t.test('quirks 12 to 14: a remove takes out the members it lists, and no others', async (t) => {
  const ids: string[] = [];
  for (const name of ['m1', 'm2', 'm3', 'm4', 'm5']) ids.push((await directory.create(User, user(name))).id);
  const [a, b, c, d, e] = ids as [string, string, string, string, string];
  const { id } = await directory.create(Group, group('Five', { members: members(...ids) }));
  await directory.patch(Group, id, [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: a }] }]);
  t.same(await memberIds(id), [b, c, d, e]);
  await directory.patch(Group, id, [{ op: 'remove', path: `members[value eq "${b}"]` }]);
  t.same(await memberIds(id), [c, d, e]);
  await directory.patch(Group, id, [{ op: 'remove', path: 'members', value: { members: [{ value: c }] } }]);
  t.same(await memberIds(id), [d, e]);
  await directory.patch(Group, id, [{ op: 'remove', path: `members[value eq "${a}"]` }]);
  await directory.patch(Group, id, [{ op: 'remove', path: 'members', value: [] }]);
  t.same(await memberIds(id), [d, e], 'removing nobody removes nobody');
  await directory.patch(Group, id, [{ op: 'remove', path: 'members[display sw "m4"]' }]);
  t.same(await memberIds(id), [e], 'by any filter');
  await directory.patch(Group, id, [
    { op: 'add', path: 'members', value: members(a) },
    { op: 'remove', path: `members[value eq "${a}"]` },
  ]);
  t.same(await memberIds(id), [e], 'in the order given');
  await directory.patch(Group, id, [{ op: 'remove', path: 'members' }]);
  t.same(await memberIds(id), [], 'RFC 7644 §3.5.2.2: without a value, all');
});

t.test('quirk 17: a path-less replace of a group leaves its members', async (t) => {
  const { id: userId } = await directory.create(User, user('hugo'));
  const { id } = await directory.create(Group, group('Hugos', { members: members(userId) }));
  await directory.patch(Group, id, [
    { op: 'replace', value: { id, schemas: [Group.schema], externalId: 'x', displayName: 'Renamed' } },
  ]);
  t.same(await memberIds(id), [userId]);
  await directory.replace(Group, id, group('Renamed again'));
  t.same(await memberIds(id), [userId], 'B5.02: nor does a PUT that does not speak of them');
  await directory.replace(Group, id, group('Renamed again', { members: [] }));
  t.same(await memberIds(id), []);
});

t.test('A6.01 a taken userName is refused with its owner, in any case, by POST, PUT and PATCH', async (t) => {
  const { id } = await directory.create(User, user('Ivan@Example.com', { active: false }));
  const { id: other } = await directory.create(User, user('jane'));
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => directory.create(User, user('IVAN@example.com')),
    () => directory.replace(User, other, user('ivan@example.com')),
    () => directory.patch(User, other, [{ op: 'replace', path: 'userName', value: 'ivan@EXAMPLE.com' }]),
  ];
  for (const attempt of attempts) {
    const error = await refusal(attempt());
    t.match(error, { status: 409, scimType: 'uniqueness' });
    t.match(error.message, new RegExp(`already belongs to User ${id}, which is inactive`));
  }
  t.equal((await directory.read(User, other)).document['userName'], 'jane');
  await directory.patch(User, id, [{ op: 'replace', path: 'userName', value: 'IVAN@Example.com' }]);
  t.equal(
    (await directory.read(User, id)).document['userName'],
    'IVAN@Example.com',
    'D4-50: its own name in another case',
  );
});

t.test('A8.04 A4.06 group names are unique without regard to case', async (t) => {
  await directory.create(Group, group('Engineering'));
  t.match(await refusal(directory.create(Group, group('ENGINEERING'))), {
    status: 409,
    scimType: 'uniqueness',
  });
});

t.test('CVE-2025-41115: an externalId never selects a resource', async (t) => {
  const { id } = await directory.create(User, user('kim', { externalId: '1' }));
  const { id: other } = await directory.create(User, user('lee', { externalId: id }));
  t.not(other, id);
  t.equal((await directory.read(User, id)).document['userName'], 'kim');
  t.match(await refusal(directory.read(User, '1')), { status: 404 });
});

t.test('D4-43 another tenant has its own names, and its resources are not there', async (t) => {
  const other = await addTenant(directory.connection, 'two');
  const { id } = await directory.create(User, user('mona'));
  await other.create(User, user('mona'));
  t.match(await refusal(other.read(User, id)), { status: 404 });
  t.match(await refusal(other.patch(User, id, [{ op: 'replace', path: 'active', value: false }])), {
    status: 404,
  });
  t.match(await refusal(other.remove(User, id)), { status: 404 });
  const { id: groupId } = await other.create(Group, group('Monas'));
  t.match(await refusal(other.patch(Group, groupId, [{ op: 'add', path: 'members', value: members(id) }])), {
    status: 400,
  });
  t.equal((await other.list(User, {})).total, 1);
  t.equal((await other.list(User, { filter: 'userName pr' })).total, 1);
});

t.test('A6.01 of 50 parallel creations of one userName one succeeds', async (t) => {
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => directory.create(User, user('twin'))),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') t.equal((result.reason as ScimError).status, 409);
  }
});

t.test('B6.02 of 50 parallel additions to one group none is lost', async (t) => {
  const ids = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => (await directory.create(User, user(`p${index}`))).id),
  );
  const { id } = await directory.create(Group, group('Parallel'));
  await Promise.all(
    ids.map((value) => directory.patch(Group, id, [{ op: 'add', path: 'members', value: [{ value }] }])),
  );
  t.same((await memberIds(id)).sort(), [...ids].sort());
  t.equal((await directory.read(Group, id)).version, 51);
});

t.test('deleting members while they are added leaves no row that names nobody', async (t) => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => (await directory.create(User, user(`q${index}`))).id),
  );
  const groups = await Promise.all(
    Array.from({ length: 4 }, async (_, index) => (await directory.create(Group, group(`Q${index}`))).id),
  );
  await Promise.allSettled([
    ...groups.map((id) =>
      directory.patch(Group, id, [{ op: 'add', path: 'members', value: members(...ids.slice(0, 10)) }]),
    ),
    ...ids.slice(5, 15).map((id) => directory.remove(User, id)),
    ...groups.map((id) =>
      directory.patch(Group, id, [{ op: 'add', path: 'members', value: members(...ids.slice(15)) }]),
    ),
  ]);
  const { rows } = await directory.connection.pool.query(
    `select 1 from rollcall_data.members m join rollcall_data.resources r on (r.tenant_id, r.id) = (m.tenant_id, m.member_id)
     where r.deleted_at is not null`,
  );
  t.equal(rows.length, 0);
  for (const id of groups) t.ok(ids.slice(15).every(Boolean) && (await memberIds(id)).length >= 5);
});

t.test(
  'B4.34 B4.40 pages hold each resource once, in the order of creation, and the total is of all',
  async (t) => {
    const other = await addTenant(directory.connection, 'pages');
    for (let index = 0; index < 25; index += 1) await other.create(User, user(`page${index}`));
    const seen: string[] = [];
    for (const startIndex of ['1', '11', '21']) {
      const { total, resources } = await other.list(User, { startIndex, count: '10' });
      t.equal(total, 25);
      seen.push(...resources.map(({ document }) => String(document['userName'])));
    }
    t.same(
      seen,
      Array.from({ length: 25 }, (_, index) => `page${index}`),
    );
    t.match(await other.list(User, { startIndex: '26' }), { total: 25, resources: [] });
    t.match(await other.list(User, { count: '0' }), { total: 25, resources: [] });
  },
);
