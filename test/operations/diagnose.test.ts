import t from 'tap';
import { diagnose } from '../../src/operations/diagnose.ts';
import type { Finding } from '../../src/operations/diagnose/finding.ts';
import { inBytes, inTime } from '../../src/operations/diagnose/inWords.ts';
import type { DatabaseFacts } from '../../src/store/doctor/facts.ts';

const NOW = new Date('2026-11-22T10:00:00Z');
const before = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const GB = 1_000_000_000;
const SETUP = { adminToken: 'Zk3vQ9xLr7TbW2mNp8YcHd5JfGs4AeUo', publicUrl: 'https://scim.example.com' };

/** An installation of which there is nothing to be said. */
const WELL: DatabaseFacts = {
  embedded: false,
  version: '15.18',
  now: NOW,
  serverAheadMs: 20,
  pool: { most: 10, open: 4, idle: 3, waiting: 0 },
  migrations: { pending: [], trouble: undefined },
  indexes: {
    expected: [{ name: 'resources_key', sql: 'create unique index concurrently resources_key …;' }],
    found: [{ name: 'resources_key', table: 'resources', valid: true, unique: true, scans: 1e6, size: GB }],
    countedFor: 1e6,
  },
  tables: [{ name: 'resources', rows: 1e6, dead: 1_000, size: 2 * GB, lastVacuum: NOW, lastAnalyze: NOW }],
  transactions: { age: 1e6, freezeAt: 2e8, open: [], prepared: [] },
  slots: [],
  statements: [],
  settings: {
    shared_buffers: '8589934592',
    random_page_cost: '1.1',
    jit: 'off',
    autovacuum: 'on',
    fsync: 'on',
    synchronous_commit: 'on',
    track_counts: 'on',
    idle_in_transaction_session_timeout: '30000',
  },
  connections: { most: 100, used: 20, ours: 10 },
  work: {
    partitions: ['20261121', '20261122', '20261123'],
    holds: { open: 0, oldest: null, overdue: 0 },
    recomputations: { overdue: 0, oldest: null },
    purges: 0,
    expiring: [],
  },
  undistributed: undefined,
  unread: [],
};

const told = (
  facts: Partial<DatabaseFacts>,
  setup: Partial<typeof SETUP | { publicUrl: undefined }> = {},
): Finding[] => diagnose({ ...WELL, ...facts }, { ...SETUP, ...setup }).filter(({ level }) => level !== 'ok');

t.test('of an installation that is well, each check says so', (t) => {
  t.same(told({}), []);
  const checks = diagnose(WELL, SETUP).map(({ check }) => check);
  t.equal(new Set(checks).size, checks.length);
  t.ok(checks.length >= 14, checks.join());
  t.end();
});

const set = (name: string, value: string): Partial<DatabaseFacts> => ({
  settings: { ...WELL.settings, [name]: value },
});
const work = (given: Partial<DatabaseFacts['work']>): Partial<DatabaseFacts> => ({
  work: { ...WELL.work, ...given },
});
const open = (seconds: number, writes: boolean): Partial<DatabaseFacts> => ({
  transactions: {
    ...WELL.transactions,
    open: [{ pid: 42, seconds, state: 'idle in transaction', application: 'psql', writes }],
  },
});
const [index] = WELL.indexes.found as [DatabaseFacts['indexes']['found'][number]];
const [table] = WELL.tables as [DatabaseFacts['tables'][number]];

/** What is wrong, and what is said of it; nothing where nothing is to be said. */
const CASES: readonly [
  what: string,
  facts: Partial<DatabaseFacts>,
  check: string,
  level: Finding['level'] | undefined,
  said?: RegExp,
][] = [
  [
    'a pending migration',
    { migrations: { pending: ['0099_x.sql'], trouble: undefined } },
    'migrations',
    'problem',
    /0099_x/,
  ],
  [
    'a newer database',
    { migrations: { pending: [], trouble: 'It is newer.' } },
    'migrations',
    'problem',
    /It is newer/,
  ],
  [
    'a missing index',
    { indexes: { ...WELL.indexes, found: [] } },
    'indexes',
    'problem',
    /create unique index concurrently/,
  ],
  [
    'an invalid index',
    { indexes: { ...WELL.indexes, found: [{ ...index, valid: false }] } },
    'indexes',
    'problem',
    /reindex index concurrently/,
  ],
  [
    'an unused index',
    { indexes: { ...WELL.indexes, found: [index, { ...index, name: 'idle', unique: false, scans: 0 }] } },
    'indexes',
    'note',
    /idle \(1\.0 GB\)/,
  ],
  [
    'an unused index, counted for a day',
    {
      indexes: {
        ...WELL.indexes,
        countedFor: 86_400,
        found: [index, { ...index, name: 'idle', unique: false, scans: 0 }],
      },
    },
    'indexes',
    undefined,
  ],
  [
    'an unused unique index',
    { indexes: { ...WELL.indexes, found: [index, { ...index, name: 'idle', scans: 0 }] } },
    'indexes',
    undefined,
  ],
  [
    'a table that Citus lacks',
    { undistributed: ['rollcall_data.passwords'] },
    'citus',
    'problem',
    /migrate --citus/,
  ],
  [
    'dead rows',
    { tables: [{ ...table, dead: 5e5, lastVacuum: null }] },
    'vacuum',
    'warning',
    /33 %.*vacuumed never/s,
  ],
  ['few dead rows', { tables: [{ ...table, rows: 10, dead: 9_000 }] }, 'vacuum', undefined],
  [
    'a table never analysed',
    { tables: [{ ...table, lastAnalyze: null }] },
    'vacuum',
    'warning',
    /analyze rollcall_data\.resources/,
  ],
  ['old transaction ids', { transactions: { ...WELL.transactions, age: 3e8 } }, 'transaction-ids', 'warning'],
  [
    'transaction ids about to end',
    { transactions: { ...WELL.transactions, age: 1.6e9 } },
    'transaction-ids',
    'problem',
  ],
  ['a transaction of some seconds', open(30, true), 'transactions', undefined],
  ['a transaction of two minutes', open(120, true), 'transactions', 'note', /feed/],
  [
    'a writer of eleven minutes',
    open(660, true),
    'transactions',
    'problem',
    /11 minutes.*feed.*pg_terminate_backend\(42\)/s,
  ],
  ['a reader of eleven minutes', open(660, false), 'transactions', 'warning', /Vacuum/],
  [
    'a prepared transaction',
    { transactions: { ...WELL.transactions, prepared: [{ name: "it's", seconds: 100 }] } },
    'transactions',
    'warning',
    /rollback prepared 'it''s'/,
  ],
  [
    'a slot that nobody reads',
    { slots: [{ name: 's', active: false, kept: 20 * GB }] },
    'replication',
    'problem',
    /20\.0 GB/,
  ],
  ['a slot that is read', { slots: [{ name: 's', active: true, kept: 20 * GB }] }, 'replication', undefined],
  ['requests that wait', { pool: { ...WELL.pool, waiting: 3 } }, 'pool', 'warning', /3 requests wait/],
  ['connections nearly gone', { connections: { most: 100, used: 97, ours: 90 } }, 'pool', 'problem'],
  ['a pool that is too large', { pool: { ...WELL.pool, most: 95 } }, 'pool', 'problem', /below 90/],
  ['no counting of statements', { statements: undefined }, 'statements', 'note', /create extension/],
  [
    'a slow statement',
    { statements: [{ text: 'select', calls: 20, meanMs: 1_500, share: 0.4 }] },
    'statements',
    'warning',
    /1500 ms, 20 times.*40 %/,
  ],
  [
    'a fast statement',
    { statements: [{ text: 'select', calls: 2e6, meanMs: 0.1, share: 0.9 }] },
    'statements',
    undefined,
  ],
  ['fsync off', set('fsync', 'off'), 'settings', 'problem'],
  ['autovacuum off', set('autovacuum', 'off'), 'settings', 'problem'],
  ['commits that do not wait', set('synchronous_commit', 'off'), 'settings', 'warning'],
  ['buffers as they come', set('shared_buffers', '134217728'), 'settings', 'warning', /for 2\.0 GB/],
  [
    'buffers as they come, for little',
    { ...set('shared_buffers', '134217728'), tables: [] },
    'settings',
    undefined,
  ],
  ['disks that turn', set('random_page_cost', '4'), 'settings', 'note'],
  ['jit', set('jit', 'on'), 'settings', 'warning', /alter role/],
  [
    'a pooler that drops settings',
    set('idle_in_transaction_session_timeout', '0'),
    'settings',
    'warning',
    /alter role/,
  ],
  ['a day that the log lacks', work({ partitions: ['20261122'] }), 'log', 'warning', /20261123/],
  [
    'a hold',
    work({ holds: { open: 1, oldest: before(5), overdue: 0 } }),
    'holds',
    'note',
    /1 hold waits .* 5 hours/,
  ],
  [
    'a hold that should have ended',
    work({ holds: { open: 0, oldest: null, overdue: 2 } }),
    'holds',
    'warning',
  ],
  [
    'settings not carried out',
    work({ recomputations: { overdue: 1, oldest: before(0.5) } }),
    'jobs',
    'warning',
  ],
  [
    'settings not carried out for hours',
    work({ recomputations: { overdue: 1, oldest: before(3) } }),
    'jobs',
    'problem',
  ],
  ['leavers kept too long', work({ purges: 1 }), 'jobs', 'warning', /1 tenant are|1 tenant /],
  [
    'a token in its last week',
    work({ expiring: [{ tenant: 'acme', name: 'okta', expiresAt: before(-30) }] }),
    'tokens',
    'warning',
    /okta.*in 2 days/,
  ],
  [
    'a token in its last month',
    work({ expiring: [{ tenant: 'acme', name: 'okta', expiresAt: before(-480) }] }),
    'tokens',
    'note',
  ],
  [
    'a token that has expired',
    work({ expiring: [{ tenant: 'acme', name: 'okta', expiresAt: before(1) }] }),
    'tokens',
    'warning',
    /has expired/,
  ],
  ['the embedded database', { embedded: true }, 'database', 'warning', /DATABASE_URL/],
  ['a clock a little off', { serverAheadMs: -10_000 }, 'clock', 'warning', /10 seconds behind/],
  ['a clock far off', { serverAheadMs: 100_000 }, 'clock', 'problem', /100 seconds ahead/],
  [
    'what could not be read',
    { unread: [{ what: 'tokens', why: 'permission denied' }] },
    'unread',
    'note',
    /permission denied/,
  ],
];

for (const [what, facts, check, level, said = /./] of CASES)
  t.test(`${what}: ${level ?? 'nothing to be said'}`, (t) => {
    const findings = told(facts);
    t.same(
      findings.map((one) => [one.check, one.level]),
      level === undefined ? [] : [[check, level]],
    );
    if (level !== undefined) t.match(Object.values(findings[0] ?? {}).join('\n'), said);
    t.end();
  });

t.test('how the server is set up is judged, too', (t) => {
  t.match(told({}, { adminToken: 'aaaaaaaaaaaaaaaa' }), [{ check: 'admin-token', level: 'warning' }]);
  t.match(told({}, { adminToken: 'a'.repeat(64) }), [{ check: 'admin-token', level: 'warning' }]);
  t.match(told({}, { publicUrl: undefined }), [{ check: 'public-url', level: 'note' }]);
  t.match(told({}, { publicUrl: 'http://scim.example.com' }), [{ check: 'public-url', level: 'problem' }]);
  t.same(told({}, { publicUrl: 'http://127.0.0.1:8080' }), []);
  t.end();
});

t.test('sizes and times are said in words', (t) => {
  t.same([0, 1, 59, 119, 120, 7_199, 7_200, 172_800].map(inTime), [
    '0 seconds',
    '1 second',
    '59 seconds',
    '119 seconds',
    '2 minutes',
    '119 minutes',
    '2 hours',
    '2 days',
  ]);
  t.same([0, 999, 1_000, 1.5e6, 2e9, 3e12].map(inBytes), [
    '0 bytes',
    '999 bytes',
    '1 kB',
    '1.5 MB',
    '2.0 GB',
    '3.0 TB',
  ]);
  t.end();
});
