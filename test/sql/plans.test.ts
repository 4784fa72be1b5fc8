import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { eraseAccount } from '../../src/store/eraseAccount.ts';
import { addTenant, type Directory, Group, registry, User } from '../support/directory.ts';
import { cloneDatabase } from '../support/database.ts';
import {
  accountId,
  groupId,
  organizationId,
  seedAccounts,
  seedGroups,
  seedUsers,
  userId,
} from '../support/seed.ts';
import { type Plan, planOf, recordingConnection, type Statement } from '../support/statements.ts';

const USERS = 100_000;
const BIG = 1;
const SMALL = 2;

const statements: Statement[] = [];
let directory: Directory;
let client: pg.Client;

t.before(async () => {
  const url = await cloneDatabase(t);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  const connection = recordingConnection(url, statements);
  t.teardown(() => client.end());
  t.teardown(() => connection.close());
  directory = await addTenant(connection, 'large');
  await seedUsers(client, directory.tenantId, USERS);
  await seedGroups(client, directory.tenantId, [USERS, 10, ...Array<number>(998).fill(20)]);
});

/** What the operation sends, without what came before. */
async function sent(work: () => Promise<unknown>): Promise<Statement[]> {
  statements.length = 0;
  await work();
  return [...statements];
}

/** What changing a group takes. The statements were carried out once; carried out again they touch the same places. */
async function cost(
  group: number,
  operation: object,
): Promise<{ statements: number; blocks: number; rows: number }> {
  const all = await sent(() => directory.patch(Group, groupId(group), [operation]));
  let blocks = 0;
  let rows = 0;
  for (const statement of all) {
    for (const node of (await planOf(client, statement, true)).slice(0, 1)) {
      blocks += (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0);
    }
    for (const node of await planOf(client, statement, true))
      rows += (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 1);
  }
  return { statements: all.length, blocks, rows };
}

const email = 'user4711@example.com';

/** What identity providers ask, and the index that has to answer. */
const LOOKUPS: readonly [type: 'User' | 'Group', filter: string, index: string][] = [
  ['User', `userName eq "${email.toUpperCase()}"`, 'resources_key'],
  ['User', `userName eq "${email}" and active eq true`, 'resources_key'],
  ['User', 'userName eq "7a8f2e0c-8a6b-4d5f-9f0f-0d3f6d5b9c11"', 'resources_key'],
  ['User', 'externalId eq "Ext-4711"', 'resources_external_id'],
  ['User', `id eq "${userId(4711)}"`, 'resources_pkey'],
  ['User', `emails.value eq "${email}"`, 'resources_folded'],
  ['User', `emails eq "${email}"`, 'resources_folded'],
  ['User', `emails[type eq "work"].value eq "${email}"`, 'resources_folded'],
  ['User', `emails[type eq "work" and value eq "${email}"]`, 'resources_folded'],
  ['User', `id eq "${userId(4711)}" and manager eq "${userId(712)}"`, 'resources_pkey'],
  [
    'User',
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "${userId(712)}"`,
    'resources_folded',
  ],
  ['User', 'displayName eq "Nobody"', 'resources_folded'],
  ['Group', 'displayName eq "GROUP 500"', 'resources_key'],
  ['Group', 'externalId eq "G-500"', 'resources_external_id'],
  ['Group', `id eq "${groupId(BIG)}" and members eq "${userId(4711)}"`, 'members_'],
  ['Group', `members.value eq "${userId(99_000)}"`, 'members_member'],
  ['Group', `members[value eq "${userId(99_000)}"]`, 'members_member'],
];

t.test('the look-ups of identity providers use an index at 100,000 users', async (t) => {
  for (const [type, filter, index] of LOOKUPS) {
    const [statement, ...more] = await sent(() =>
      directory.list(type === 'User' ? User : Group, { filter, excludedAttributes: 'members,groups' }),
    );
    t.equal(more.length, 0, `${filter}: one statement`);
    const plan = await planOf(client, statement as Statement);
    t.notOk(plan.some(reads('Seq Scan')), `${filter}: no table is read from end to end`);
    t.ok(
      plan.some((node) => node['Index Name']?.startsWith(index)),
      `${filter}: by ${index} (${indexes(plan)})`,
    );
  }
});

t.test('B4.42 a page is read in the order of an index, not sorted', async (t) => {
  const [statement] = await sent(() => directory.list(User, { startIndex: '1', count: '100' }));
  const plan = await planOf(client, statement as Statement);
  t.ok(
    plan.some((node) => node['Index Name'] === 'resources_seq'),
    indexes(plan),
  );
});

t.test(
  'B8 adding one member to a group of 100,000 touches as much as adding one to a group of 10',
  async (t) => {
    const newcomer = await directory.create(User, { schemas: [User.schema], userName: 'newcomer' });
    for (const operation of [
      { op: 'add', path: 'members', value: [{ value: newcomer.id }] },
      { op: 'remove', path: `members[value eq "${newcomer.id}"]` },
      { op: 'Remove', path: 'members', value: [{ value: newcomer.id }] },
    ]) {
      if (operation.op === 'Remove')
        await directory.patch(Group, groupId(BIG), [
          { op: 'add', path: 'members', value: [{ value: newcomer.id }] },
        ]);
      if (operation.op === 'Remove')
        await directory.patch(Group, groupId(SMALL), [
          { op: 'add', path: 'members', value: [{ value: newcomer.id }] },
        ]);
      const small = await cost(SMALL, operation);
      const big = await cost(BIG, operation);
      t.equal(big.statements, small.statements, `${operation.op}: ${big.statements} statements`);
      t.ok(big.statements <= 5, `${operation.op}: a handful of statements`);
      t.ok(
        big.rows <= small.rows + 2 && big.rows < 60,
        `${operation.op}: ${big.rows} rows against ${small.rows}`,
      );
      // A larger index is a level or two deeper.
      t.ok(
        big.blocks <= small.blocks * 1.5 + 10,
        `${operation.op}: ${big.blocks} blocks against ${small.blocks}`,
      );
    }
  },
);

t.test(
  'B4.42 C1.15 the last page costs a client that walks in order what the first one costs, either way',
  async (t) => {
    const blocksOf = async (parameters: Record<string, string>): Promise<number> => {
      const [statement] = await sent(() =>
        directory.list(User, { count: '100', attributes: 'userName', ...parameters }),
      );
      // The total is counted for every page; what the page itself reads is the part beside it.
      const nodes = await planOf(client, statement as Statement, true);
      const page = nodes.find((node) => node['Node Type'] === 'Limit');
      return (page?.['Shared Hit Blocks'] ?? 0) + (page?.['Shared Read Blocks'] ?? 0);
    };
    const first = await blocksOf({ startIndex: '1' });
    await blocksOf({ startIndex: String(USERS - 199) });
    const last = await blocksOf({ startIndex: String(USERS - 99) });
    t.ok(first > 0 && last <= first * 1.5 + 5, `by index: ${last} blocks against ${first}`);

    const walk = { count: '1000', attributes: 'userName' };
    const firstOfWalk = await blocksOf({ ...walk, cursor: '' });
    let cursor = '';
    let beforeLast = '';
    for (let page = 0; page < USERS / 1000; page += 1) {
      const { position } = await directory.list(User, { ...walk, cursor });
      beforeLast = cursor;
      cursor = ('nextCursor' in position && position.nextCursor) || '';
    }
    const lastOfWalk = await blocksOf({ ...walk, cursor: beforeLast });
    t.ok(
      firstOfWalk > 0 && lastOfWalk <= firstOfWalk * 1.5 + 5,
      `by cursor: ${lastOfWalk} blocks against ${firstOfWalk}`,
    );
  },
);

t.test(
  'erasing a member of a group of 100,000 touches as many rows as erasing one of a group of 10',
  async (t) => {
    const { tenantId, connection } = directory;
    const rowsOf = async (group: number): Promise<number> => {
      const person = await directory.create(User, { schemas: [User.schema], userName: `member of ${group}` });
      const value = [{ value: person.id }];
      await directory.patch(Group, groupId(group), [{ op: 'add', path: 'members', value }]);
      const { rows } = await client.query<{ account_id: string }>(
        'select account_id from rollcall_data.resources where tenant_id = $1 and id = $2',
        [tenantId, person.id],
      );
      return connection
        .forTenant(tenantId)
        .transaction()
        .execute(async (db) => {
          // Read and written by this session and not yet counted elsewhere.
          const touched = async (): Promise<number> => {
            const { rows: counted } = await sql<{ n: string }>`select
              sum(seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del) as n
            from pg_stat_xact_user_tables`.execute(db);
            return Number(counted[0]?.n);
          };
          const before = await touched();
          const scope = { db, tenantId, byName: registry.byName };
          t.ok(await eraseAccount(scope, String(rows[0]?.account_id), { at: new Date(), requestId: 'x' }));
          return (await touched()) - before;
        });
    };
    const small = await rowsOf(SMALL);
    const big = await rowsOf(BIG);
    t.ok(small > 5 && big <= small + 5 && big < 100, `${big} rows against ${small}`);
  },
);
t.test('a member more of an organization', async (t) => {
  const joiner = await directory.create(User, { schemas: [User.schema], userName: 'joiner' });
  await seedAccounts(client, directory.tenantId);
  const edits = [
    { op: 'add', path: 'members', value: [{ value: joiner.id }] },
    { op: 'remove', path: `members[value eq "${joiner.id}"]` },
  ];
  const belongs = async (group: number): Promise<number | null> =>
    (
      await client.query(
        `select from rollcall.organization_members m
         join rollcall.accounts a on a.tenant_id = m.tenant_id and a.account_id = m.account_id
         where m.tenant_id = $1 and m.organization_id = $2 and a.scim_id = $3`,
        [directory.tenantId, organizationId(group), joiner.id],
      )
    ).rowCount;

  await t.test('costs the same through a group of 100,000 as through one of 10', async (t) => {
    for (const operation of edits) {
      const small = await cost(SMALL, operation);
      const big = await cost(BIG, operation);
      const expected = operation.op === 'add' ? 1 : 0;
      t.equal(await belongs(SMALL), expected, `${operation.op}: it has its effect`);
      t.equal(await belongs(BIG), expected);
      t.equal(big.statements, small.statements, `${operation.op}: ${big.statements} statements`);
      t.ok(big.statements <= 8, `${operation.op}: a handful of statements`);
      t.ok(
        big.rows <= small.rows + 4 && big.rows < 100,
        `${operation.op}: ${big.rows} rows against ${small.rows}`,
      );
      t.ok(
        big.blocks <= small.blocks * 1.5 + 20,
        `${operation.op}: ${big.blocks} blocks against ${small.blocks}`,
      );
    }
  });

  await t.test('is found by an index, as are all of an account or an organization', async (t) => {
    const view = 'select * from rollcall.organization_members where tenant_id = $1 and';
    const asked: readonly [where: string, value: string, index: string][] = [
      ['account_id = $2', accountId(4711), 'organization_members_account'],
      ['organization_id = $2', organizationId(SMALL), 'organization_members_'],
    ];
    for (const [where, value, index] of asked) {
      const plan = await planOf(
        client,
        { text: `${view} ${where}`, values: [directory.tenantId, value] },
        true,
      );
      const members = plan.filter(
        (node) =>
          node['Index Name']?.startsWith('organization_members_') ||
          node['Relation Name'] === 'organization_members',
      );
      t.ok(members.length > 0 && members.every((node) => node['Node Type'] !== 'Seq Scan'), indexes(plan));
      t.ok(
        plan.some((node) => node['Index Name']?.startsWith(index)),
        `${where}: ${indexes(plan)}`,
      );
      const blocks = (plan[0]?.['Shared Hit Blocks'] ?? 0) + (plan[0]?.['Shared Read Blocks'] ?? 0);
      t.ok(blocks < 200, `${where}: ${blocks} blocks`);
    }
  });
});

const reads =
  (type: string) =>
  (node: Plan): boolean =>
    node['Node Type'] === type && /^(?:resources|members)$/.test(node['Relation Name'] ?? '');

const indexes = (plan: readonly Plan[]): string =>
  plan
    .map((node) => node['Index Name'] ?? node['Relation Name'] ?? '')
    .filter(Boolean)
    .join(', ');
