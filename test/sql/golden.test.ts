/**
 * The SQL of every filter construct, in `golden/`. A file has the filter and the rows that it must find, which are
 * written by hand, and the statement with its parameters, which UPDATE_GOLDEN=1 writes anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readFilter } from '../../src/scim/filter/read.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { compileWhere } from '../../src/store/where.ts';
import { type Directory, openDirectory } from '../support/directory.ts';
import { projectRoot } from '../support/project.ts';
import { Device, DEVICE_EXTENSION, ENTERPRISE, Group, User } from '../support/protocol.ts';
import { insertResources } from '../support/rows.ts';

const FOLDER = join(projectRoot, 'test/sql/golden');
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const EQUALITY = ['eq', 'ne', 'pr', 'eq-null', 'ne-null'];
const ORDERED = [...EQUALITY, 'gt', 'ge', 'lt', 'le'];
const TEXT = [...ORDERED, 'co', 'sw', 'ew'];

/** Where values are kept and of what type they are, and the operators that apply there. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  id: TEXT,
  key: TEXT,
  'external-id': TEXT,
  version: TEXT,
  'resource-type': TEXT,
  active: EQUALITY,
  created: ORDERED,
  'last-modified': ORDERED,
  schemas: TEXT,
  members: TEXT,
  groups: TEXT,
  single: TEXT,
  sub: TEXT,
  multi: TEXT,
  extension: TEXT,
  list: TEXT,
  exact: TEXT,
  reference: TEXT,
  integer: ORDERED,
  decimal: ORDERED,
  'date-time': ORDERED,
  binary: EQUALITY,
};

/** What is not an operator on one kind of value. */
const OTHERS: readonly string[] = `
  id-eq-no-id key-group schemas-eq-base schemas-eq-other single-eq-folded single-co-pattern
  members-type members-display members-display-pr members-element-id members-element-and
  members-element-or members-element-not members-element-display groups-display groups-type
  groups-element groups-indirect sub-complex-pr multi-implicit-value multi-complex-pr
  multi-boolean-eq multi-boolean-ne extension-sub-eq extension-implicit-value list-element
  list-integer-eq list-integer-ne list-integer-gt element-eq element-eq-across element-eq-twice
  element-and element-or element-not element-ne element-pr element-eq-null element-suffix
  element-single element-single-or and or and-before-or parentheses not not-absent not-not
`
  .trim()
  .split(/\s+/);

const CONSTRUCTS = [
  ...Object.entries(OPERATORS).flatMap(([kind, operators]) => operators.map((name) => `${kind}-${name}`)),
  ...OTHERS,
].sort();

const TYPES: Readonly<Record<string, ResourceType>> = { User, Group, Device };

const idOf = (n: number): string => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const NUMBERS = { ada: 1, grace: 2, linus: 3, all: 11, crew: 12, none: 13, lamp: 21, fan: 22, bare: 23 };
type Name = keyof typeof NUMBERS;
const names = new Map(Object.entries(NUMBERS).map(([name, n]) => [idOf(n), name]));

function resource(
  name: Name,
  document: Document,
  given: { version?: number; created?: string; lastModified?: string; members?: Name[] } = {},
): Resource {
  const { version = 1, created = '2026-01-01T00:00:00Z', lastModified = created, members = [] } = given;
  const memberOf = (member: Name) => ({ id: idOf(NUMBERS[member]), type: User, display: undefined });
  return {
    id: idOf(NUMBERS[name]),
    document,
    version,
    created: new Date(created),
    lastModified: new Date(lastModified),
    members: members.map(memberOf),
  };
}

const USERS: readonly Resource[] = [
  resource(
    'ada',
    {
      userName: 'Ada@Example.com',
      externalId: 'Ext-1',
      active: true,
      title: 'Guide',
      nickName: 'Straße',
      profileUrl: 'https://example.com/Ada',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [
        { type: 'work', value: 'ada@example.com', primary: true },
        { type: 'home', value: 'ada@home.org' },
      ],
      [ENTERPRISE]: { department: 'R&D', manager: { value: idOf(NUMBERS.grace) } },
    },
    { created: '2026-01-02T03:04:05.678Z', lastModified: '2026-02-01T00:00:00Z' },
  ),
  resource(
    'grace',
    {
      userName: 'grace hopper',
      externalId: 'ext-1',
      active: false,
      title: 'Admiral',
      name: { familyName: 'Hopper' },
      emails: [{ type: 'home', value: 'grace@example.com' }],
    },
    { version: 2, created: '2026-03-01T00:00:00Z' },
  ),
  resource(
    'linus',
    { userName: 'linus', active: true },
    { version: 10, created: '2026-04-01T12:00:00Z', lastModified: '2026-05-01T00:00:00Z' },
  ),
];
const GROUPS: readonly Resource[] = [
  resource('crew', { displayName: 'Crew', externalId: 'G-2' }, { members: ['linus'] }),
  resource('none', { displayName: 'None' }),
  resource('all', { displayName: 'All' }, { members: ['ada', 'grace', 'crew'] }),
];
const DEVICES: readonly Resource[] = [
  resource('lamp', {
    name: 'Lamp',
    tags: ['Red', 'blue'],
    ports: [80, 443],
    slots: 2,
    weight: 1.5,
    since: '2026-01-02T03:04:05Z',
    firmware: 'AA==',
    serial: 'A1',
    place: { room: 'Hall', floor: 2 },
    parts: [
      { number: 1, maker: 'Acme' },
      { number: 2, maker: 'Bolt' },
    ],
    [DEVICE_EXTENSION]: { owner: 'Ada', tags: 'desk' },
  }),
  resource('fan', { name: 'Fan', tags: ['green'], slots: 10, serial: 'a1', place: { room: 'attic' } }),
  resource('bare', { name: 'Bare' }),
];

interface Golden {
  readonly type: ResourceType;
  readonly filter: string;
  readonly rows: string;
  readonly statement: string;
}

let directory: Directory;

t.before(async () => {
  directory = await openDirectory(t);
  const { connection, tenantId } = directory;
  await insertResources(connection, tenantId, User, USERS);
  await insertResources(connection, tenantId, Group, GROUPS);
  await insertResources(connection, tenantId, Device, DEVICES);
});

t.test('every filter construct has its file, and every file is of a construct', async (t) => {
  t.same(readdirSync(FOLDER).sort(), CONSTRUCTS.map((name) => `${name}.sql`).sort());
});

t.test(
  'B4a B4b B4.20 B4.21 D4-1 D4-2 D4-3 a filter compiles to the SQL on file and finds its rows',
  async (t) => {
    for (const name of CONSTRUCTS) {
      const golden = read(name);
      const { tenantId } = directory;
      const bound = readFilter(golden.type, golden.filter, createLeniency('tolerant'));
      const query = directory.connection
        .forTenant(tenantId)
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.type', '=', golden.type.name)
        .where(compileWhere(tenantId, golden.type, bound))
        .select('r.id')
        .orderBy('r.id');
      const { sql, parameters } = query.compile();
      const statement = shown(sql, parameters, tenantId);
      if (UPDATE) write(name, golden, statement);
      else t.equal(golden.statement, statement, `${name}: the statement`);
      const found = (await query.execute()).map(({ id }) => names.get(id) ?? id).join(' ');
      t.equal(found, golden.rows, `${name}: the rows of ${golden.filter}`);
    }
  },
);

const fileOf = (name: string): string => join(FOLDER, `${name}.sql`);

function read(name: string): Golden {
  const text = readFileSync(fileOf(name), 'utf8');
  const [, type = '', filter = '', rows = '', statement = ''] =
    /^-- (\w+): (.*)\n-- rows:(.*)\n([^]*)$/.exec(text) ?? [];
  if (!TYPES[type]) throw new Error(`${name}.sql does not begin with a filter and its rows`);
  return { type: TYPES[type], filter, rows: rows.trim(), statement };
}

function write(name: string, { type, filter, rows }: Golden, statement: string): void {
  writeFileSync(fileOf(name), `-- ${type.name}: ${filter}\n-- rows:${rows && ` ${rows}`}\n${statement}`);
}

/** The statement with a line for each clause, and the parameters; the tenant's id is another one in each run. */
function shown(sql: string, parameters: readonly unknown[], tenantId: string): string {
  const values = parameters.map((value, index) => {
    const text = value === tenantId ? 'the tenant' : JSON.stringify(value);
    return `-- $${index + 1}: ${text}\n`;
  });
  const clauses = sql
    .replace(
      ' from "rollcall_data"."resources" as "r" where ',
      '\nfrom "rollcall_data"."resources" as "r"\nwhere ',
    )
    .replace(' and "r"."type" = $2 and ', '\n  and "r"."type" = $2\n  and ')
    .replace(/ order by "r"\."id"$/, '\norder by "r"."id"');
  return `${values.join('')}${clauses}\n`;
}
