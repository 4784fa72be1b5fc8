/** What PostgreSQL does for each kind of filter at 100,000 users: the page docs/filters.md is made of this. */
import pg from 'pg';
import { readFilter } from '../../src/scim/filter/read.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { type Directory, directoryOver } from '../../src/store/directory.ts';
import { createWalks } from '../../src/store/walks.ts';
import { Group, shipped, User } from '../support/protocol.ts';
import { groupId, seedGroups, seedUsers, userId } from '../support/seed.ts';
import { type Plan, planOf, recordingConnection, type Statement } from '../support/statements.ts';

const TENANT = '018f0000-0000-7000-8000-000000000000';
const USERS = 100_000;
const GROUPS = 200;
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A table of the page. */
export interface Section {
  readonly title: string;
  readonly type: 'User' | 'Group';
  readonly filters: readonly string[];
}

const EQUALITY = ['eq', 'ne', 'pr', 'eq null'];
const ORDERED = [...EQUALITY, 'gt', 'ge', 'lt', 'le'];
const TEXT = [...ORDERED, 'co', 'sw', 'ew'];

function all(path: string, operators: readonly string[], value: string): string[] {
  return operators.map((operator) =>
    operator === 'pr' || operator.endsWith('null') ? `${path} ${operator}` : `${path} ${operator} ${value}`,
  );
}

const email = 'user4711@example.com';
const MOMENT = '"2026-01-02T03:46:30Z"';

/** Every filter that is measured. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'What identity providers ask for users',
    type: 'User',
    filters: [
      `userName eq "${email}"`,
      `userName eq "${email}" and active eq true`,
      `userName eq "${email}" or externalId eq "Ext-4711"`,
      'externalId eq "Ext-4711"',
      `id eq "${userId(4711)}"`,
      `emails.value eq "${email}"`,
      `emails[type eq "work" and value eq "${email}"]`,
      `emails[type eq "work"].value eq "${email}"`,
      `${ENTERPRISE}:manager eq "${userId(712)}"`,
      `id eq "${userId(4711)}" and manager eq "${userId(712)}"`,
      'displayName eq "Nobody"',
      'active eq false',
      `meta.lastModified gt ${MOMENT}`,
    ],
  },
  {
    title: 'What identity providers ask for groups',
    type: 'Group',
    filters: [
      'displayName eq "Group 150"',
      'externalId eq "G-150"',
      `members.value eq "${userId(4711)}"`,
      `members[value eq "${userId(4711)}"]`,
      `id eq "${groupId(2)}" and members eq "${userId(4711)}"`,
    ],
  },
  { title: '`id`', type: 'User', filters: all('id', TEXT, `"${userId(4711)}"`) },
  { title: '`userName`', type: 'User', filters: all('userName', TEXT, '"user4711"') },
  { title: '`externalId`', type: 'User', filters: all('externalId', TEXT, '"Ext-4711"') },
  { title: '`active`', type: 'User', filters: all('active', EQUALITY, 'false') },
  { title: '`meta.created`', type: 'User', filters: all('meta.created', ORDERED, MOMENT) },
  { title: '`meta.lastModified`', type: 'User', filters: all('meta.lastModified', ORDERED, MOMENT) },
  { title: '`meta.version`', type: 'User', filters: all('meta.version', TEXT, '"W/\\"1\\""') },
  { title: '`meta.resourceType`', type: 'User', filters: all('meta.resourceType', TEXT, '"User"') },
  { title: '`schemas`', type: 'User', filters: all('schemas', EQUALITY, `"${ENTERPRISE}"`) },
  { title: 'An attribute with one value', type: 'User', filters: all('title', TEXT, '"Manager"') },
  {
    title: 'An attribute with several values',
    type: 'User',
    filters: all('emails.value', TEXT, `"${email}"`),
  },
  {
    title: 'An attribute of an extension',
    type: 'User',
    filters: all(`${ENTERPRISE}:manager.value`, TEXT, `"${userId(712)}"`),
  },
  {
    title: 'One element that satisfies several conditions',
    type: 'User',
    filters: [
      `emails[type eq "work" and value co "user4711"]`,
      `emails[type eq "work" and value eq "${email}" and primary eq true]`,
      `emails[type eq "home" or value eq "${email}"]`,
      'emails[not (type eq "work")]',
    ],
  },
  {
    title: '`groups` of users',
    type: 'User',
    filters: [
      ...all('groups', TEXT, `"${groupId(2)}"`),
      'groups.display eq "Group 2"',
      'groups.type eq "indirect"',
      'groups[display sw "Group 2" and type eq "direct"]',
    ],
  },
  {
    title: '`members` of groups',
    type: 'Group',
    filters: [
      ...all('members', TEXT, `"${userId(4711)}"`),
      'members.display eq "user4711@example.com"',
      'members.type eq "Group"',
      'members[type eq "User" and display sw "user4711"]',
    ],
  },
  {
    title: 'Combinations',
    type: 'User',
    filters: [
      `externalId eq "Ext-4711" and title co "eng"`,
      `title co "eng" or externalId eq "Ext-4711"`,
      `not (userName eq "${email}")`,
      `emails.value eq "${email}" and not (active eq false)`,
    ],
  },
];

/** What it takes to answer a filter. */
export interface Measured {
  readonly filter: string;
  readonly matches: number;
  /** The indexes used to find rows. */
  readonly indexes: readonly string[];
  /** Whether every resource of the type is looked at to count the matches. */
  readonly whole: boolean;
  /** 8 kB blocks read to count the matches, and to count them and read the first hundred. */
  readonly count: number;
  readonly page: number;
}

/** Fills an empty, migrated database and measures every filter on it. */
export async function measure(url: string): Promise<Map<Section, Measured[]>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const statements: Statement[] = [];
  const connection = recordingConnection(url, statements);
  try {
    await client.query(
      "insert into rollcall_data.tenants (id, slug, name, created_at) values ($1, 'large', 'large', now())",
      [TENANT],
    );
    await fill(client, TENANT);
    const directory = directoryOver(connection, TENANT, shipped.byName, createWalks());
    const sections = new Map<Section, Measured[]>();
    for (const section of SECTIONS) {
      const measured: Measured[] = [];
      for (const filter of section.filters)
        measured.push(await measureOne(client, statements, directory, section, filter));
      sections.set(section, measured);
    }
    return sections;
  } finally {
    await connection.close();
    await client.end();
  }
}

async function fill(client: pg.Client, tenantId: string): Promise<void> {
  await seedUsers(client, tenantId, USERS);
  await seedGroups(client, tenantId, [USERS, 10, ...Array<number>(GROUPS - 2).fill(20)]);
  // One second between one user and the next, so that a time tells some from others.
  await client.query(
    `update rollcall_data.resources
     set created_at = '2026-01-01T00:00:00Z'::timestamptz + seq * interval '1 second',
       modified_at = '2026-01-01T00:00:00Z'::timestamptz + seq * interval '1 second'`,
  );
  await client.query('vacuum full rollcall_data.resources');
  await client.query('vacuum analyze rollcall_data.resources, rollcall_data.members');
  // Workers would share the blocks out among them differently each time.
  await client.query('set max_parallel_workers_per_gather = 0');
  await client.query('set jit = off');
}

async function measureOne(
  client: pg.Client,
  statements: Statement[],
  directory: Directory,
  { type }: Section,
  filter: string,
): Promise<Measured> {
  const resourceType = type === 'User' ? User : Group;
  const bound = readFilter(resourceType, filter, createLeniency('tolerant'));
  const send = async (count: number): Promise<{ total: number; plan: Plan[] }> => {
    statements.length = 0;
    const { total } = await directory.list(
      [{ type: resourceType, filter: bound, sort: undefined }],
      { startIndex: 1, count },
      { members: false, groups: false },
    );
    const [statement] = statements;
    if (!statement) throw new Error(`nothing was sent for ${filter}`);
    // The first time fills the cache of catalogues, which would be counted.
    await planOf(client, statement, true);
    return { total, plan: await planOf(client, statement, true) };
  };
  const count = await send(0);
  const page = await send(100);
  const ofRows = count.plan.filter((node) => /^(?:resources|members)/.test(nameOf(node)));
  const indexes = [...new Set(ofRows.map((node) => node['Index Name']).filter((name) => name !== undefined))];
  const looked = ofRows.map(
    (node) =>
      ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1),
  );
  return {
    filter,
    matches: count.total,
    indexes: indexes.filter((name) => name !== 'resources_seq').sort(),
    whole: Math.max(0, ...looked) >= (type === 'User' ? USERS : GROUPS),
    count: blocksOf(count.plan),
    page: blocksOf(page.plan),
  };
}

const nameOf = (node: Plan): string => node['Index Name'] ?? node['Relation Name'] ?? '';

const blocksOf = ([top]: readonly Plan[]): number =>
  (top?.['Shared Hit Blocks'] ?? 0) + (top?.['Shared Read Blocks'] ?? 0);
