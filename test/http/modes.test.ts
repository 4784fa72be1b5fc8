/** What each mode makes of the same request. The refusals are held against docs/tolerances.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import t, { type Test } from 'tap';
import { createLog } from '../../src/logger.ts';
import { metricsText } from '../../src/main/metricsText.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { RequestObserved } from '../../src/observe.ts';
import { type Mode, MODES } from '../../src/scim/mode.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import { TOLERANCES, type Tolerance } from '../../src/scim/tolerance.ts';
import { openApp } from '../support/app.ts';
import { projectRoot } from '../support/project.ts';
import {
  CORE_GROUP,
  CORE_USER,
  Device,
  ENTERPRISE,
  PATCH_OP,
  patchOf,
  refusalOf,
  runPatch,
} from '../support/protocol.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH';
/** Method, address (`:id` stands for the user or group at hand), body and headers; null is nothing. */
type Ask = readonly [Method, string, unknown?, Readonly<Record<string, string | null>>?];

const app = await openApp(t);
const tokens = new Map<Mode, string>();
for (const mode of MODES) tokens.set(mode, (await app.addTenant(`in-${mode}`, mode)).token);

async function ask(mode: Mode, [method, url, body, more]: Ask, id = ''): Promise<LightMyRequestResponse> {
  const hasBody = body !== undefined && body !== null;
  const headers: Record<string, string | null> = {
    authorization: `Bearer ${tokens.get(mode)}`,
    ...(hasBody ? { 'content-type': 'application/scim+json' } : {}),
    ...more,
  };
  return app.server.inject({
    method,
    url: `/scim${url.startsWith('/v2') ? '' : '/v2'}${url.replaceAll(':id', id)}`,
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null)) as Record<
      string,
      string
    >,
    ...(hasBody ? { payload: JSON.stringify(body).replaceAll(':id', id) } : {}),
  });
}

const outcome = (response: LightMyRequestResponse): string =>
  response.statusCode < 300
    ? 'done'
    : [response.statusCode, response.json<{ scimType?: string }>().scimType].filter(Boolean).join(' ');

const schemas = [CORE_USER];
const both = [CORE_USER, ENTERPRISE];
let count = 0;
const unique = (): string => `person-${++count}@example.com`;
const work = { type: 'work', value: 'bj@example.com', primary: true };
const home = { type: 'home', value: 'bj@home.example' };

/** U1 of the golden vectors, with a name of its own. */
async function user(mode: Mode): Promise<{ id: string }> {
  const body = {
    schemas: both,
    userName: unique(),
    title: 'Guide',
    name: { givenName: 'Barbara', familyName: 'Jensen' },
    emails: [work, home],
    [ENTERPRISE]: { department: 'R&D' },
  };
  return (await ask(mode, ['POST', '/Users', body])).json();
}

async function group(mode: Mode): Promise<{ id: string }> {
  return (await ask(mode, ['POST', '/Groups', { schemas: [CORE_GROUP], displayName: unique() }])).json();
}

const post = (more: object, urns: readonly string[] = schemas): Ask => [
  'POST',
  '/Users',
  { schemas: urns, userName: ':name', ...more },
];
const patch = (...operations: readonly object[]): Ask => [
  'PATCH',
  '/Users/:id',
  { schemas: [PATCH_OP], Operations: operations },
];
const list = (filter: string, url = '/Users'): Ask => ['GET', `${url}?filter=${encodeURIComponent(filter)}`];
const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });

const page = readFileSync(join(projectRoot, 'docs', 'tolerances.md'), 'utf8');
/** What the page says that a mode answers. */
function promised(tolerance: Tolerance, mode: 'strict' | 'interop'): string {
  const row = page.split('\n').find((line) => line.startsWith(`| \`${tolerance}\` |`)) ?? '';
  const [, , , strict = '', interop = ''] = row.slice(2, -2).split(' | ');
  return mode === 'strict' || interop === 'as strict' ? strict : interop;
}

/** A client's request, then what strict and interop answer to it. Tolerant does what was meant. */
const TOLERATED: readonly (readonly [Tolerance, Ask, strict: string, interop?: string])[] = [
  ['authorization-without-scheme', ['GET', '/Users', null, { authorization: ':token' }], '401'],
  ['content-type-missing', [...post({}).slice(0, 3), { 'content-type': null }] as unknown as Ask, '415'],
  ['extension-attribute-without-urn', post({ department: 'R&D' }), '400 invalidSyntax'],
  [
    'extension-attribute-without-urn',
    patch({ op: 'add', path: 'manager', value: { value: '271' } }),
    '400 invalidPath',
    '400 invalidSyntax',
  ],
  ['extension-attribute-without-urn', list('department eq "R&D"'), '400 invalidFilter'],
  ['schemas-missing', ['POST', '/Users', { userName: ':name' }], '400 invalidSyntax'],
  ['schemas-missing', ['PATCH', '/Users/:id', { Operations: [replace('title', 'x')] }], '400 invalidSyntax'],
  ['schemas-unknown', post({}, ['urn:scim:schemas:core:2.0']), '400 invalidSyntax'],
  [
    'schemas-unknown',
    ['PATCH', '/Users/:id', { schemas: ['urn:x'], Operations: [replace('title', 'x')] }],
    '400 invalidSyntax',
  ],
  ['attribute-undeclared', post({ shoeSize: '9' }), '400 invalidSyntax'],
  ['attribute-undeclared', post({ name: { nick: 'B' } }), '400 invalidSyntax'],
  [
    'attribute-as-path',
    patch({ op: 'replace', value: { 'name.givenName': 'Jo' } }),
    '400 invalidPath',
    '400 invalidSyntax',
  ],
  ['attribute-as-path', post({ 'name.givenName': 'Jo' }), '400 invalidSyntax'],
  ['extension-without-schemas-entry', post({ [ENTERPRISE]: { department: 'R&D' } }), '400 invalidSyntax'],
  ['boolean-as-string', patch(replace('active', 'False')), '400 invalidValue'],
  ['boolean-as-string', post({ roles: [{ value: 'r', primary: 'True' }] }), '400 invalidValue'],
  ['scalar-as-string', patch(replace(`${ENTERPRISE}:employeeNumber`, 701984)), '400 invalidValue'],
  ['object-for-list', post({ emails: { value: 'jo@example.com' } }), '400 invalidValue'],
  ['list-for-object', post({ [ENTERPRISE]: { manager: [{ value: '271' }] } }, both), '400 invalidValue'],
  ['string-for-complex', patch(replace(`${ENTERPRISE}:manager`, '271')), '400 invalidValue'],
  [
    'display-name-for-display',
    post({ roles: [{ value: 'admin', displayName: 'Admin' }] }),
    '400 invalidSyntax',
  ],
  ['empty-string-clears', patch(replace('active', '')), '400 invalidValue'],
  ['several-primary', post({ emails: [work, { ...home, primary: true }] }), '400 invalidValue'],
  [
    'read-only-echo',
    patch({ op: 'replace', value: { meta: { version: 'x' }, displayName: 'A' } }),
    '400 mutability',
    '400 invalidSyntax',
  ],
  ['operation-case', patch({ op: 'Replace', path: 'title', value: 'x' }), '400 invalidSyntax'],
  [
    'operations-key-case',
    ['PATCH', '/Users/:id', { schemas: [PATCH_OP], operations: [replace('title', 'x')] }],
    '400 invalidSyntax',
  ],
  [
    'remove-with-value',
    patch({ op: 'remove', path: 'emails', value: [{ value: 'bj@home.example' }] }),
    '400 invalidSyntax',
  ],
  ['value-path-creates', patch(replace('emails[type eq "other"].value', 'x@y.example')), '400 noTarget'],
  ['unknown-path', patch(replace('shoeSize', '9')), '400 invalidPath', '400 invalidSyntax'],
  [
    'scim1-members',
    ['PATCH', '/Groups/:id', { schemas: [PATCH_OP], members: [{ value: ':id', operation: 'delete' }] }],
    '400 invalidSyntax',
  ],
  ['value-path-suffix', list('emails[type eq "work"].value eq "bj@example.com"'), '400 invalidFilter'],
  ['unquoted-value', list('externalId eq jyoung'), '400 invalidFilter'],
  ['string-for-boolean-in-filter', list('active eq "True"'), '400 invalidFilter'],
  [
    'string-for-boolean-in-filter',
    patch(replace('emails[primary eq "True"].display', 'x')),
    '400 invalidFilter',
  ],
  ['member-for-members', list('member eq ":id"', '/Groups'), '400 invalidFilter'],
];
/** Shown elsewhere: the address is read before the tenant is known, and no shipped attribute is a number. */
const APART: readonly Tolerance[] = ['base-url-variant', 'number-as-string'];

async function prepared(mode: Mode, given: Ask): Promise<[Ask, string]> {
  const text = JSON.stringify(given);
  const { id } = text.includes(':id')
    ? await (text.includes('/Groups') ? group(mode) : user(mode))
    : { id: '' };
  const token = tokens.get(mode) as string;
  return [JSON.parse(text.replaceAll(':name', unique()).replaceAll(':token', token)) as Ask, id];
}

t.test('every tolerance is used by a request here, or apart', async (t) => {
  t.same([...new Set([...TOLERATED.map(([name]) => name), ...APART])].sort(), Object.keys(TOLERANCES).sort());
});

for (const [name, given, strict, interop = strict] of TOLERATED) {
  const [method, url] = given;
  t.test(
    `${name}: ${method} ${decodeURIComponent(url)} is accepted, told and counted once; strict and interop refuse it`,
    async (t) => {
      for (const [mode, expected] of [
        ['tolerant', 'done'],
        ['strict', strict],
        ['interop', interop],
      ] as const) {
        const [request, id] = await prepared(mode, given);
        app.observed.length = 0;
        t.equal(outcome(await ask(mode, request, id)), expected, mode);
        const told = app.observed.find(({ kind }) => kind === 'request') as RequestObserved;
        t.equal(
          told.tolerances.filter((one) => one === name).length,
          mode === 'tolerant' ? 1 : 0,
          `${mode} tells it`,
        );
        t.equal(new Set(told.tolerances).size, told.tolerances.length, 'none is told twice');
        if (mode !== 'tolerant') {
          t.same(told.tolerances, [], mode);
          t.ok(promised(name, mode).includes(expected), `docs/tolerances.md: ${promised(name, mode)}`);
        }
      }
    },
  );
}

t.test('number-as-string: digits for a number, where a schema has one', async (t) => {
  const body = patchOf({ op: 'replace', path: 'slots', value: '3' });
  const device: Document = { name: 'd', slots: 2 };
  const { document, used } = runPatch(Device, device, body, 'tolerant');
  t.same([document['slots'], used], [3, ['number-as-string']]);
  for (const mode of ['strict', 'interop'] as const) {
    const refusal = refusalOf(() => runPatch(Device, device, body, mode));
    t.equal(refusal, '400 invalidValue', mode);
    t.ok(promised('number-as-string', mode).includes(refusal), mode);
  }
});

t.test(
  'a tolerance used several times in a request is counted once in the metrics and once in the log line',
  async (t) => {
    const metrics = createMetrics({ pool: () => ({ total: 0, idle: 0, waiting: 0 }) });
    t.teardown(() => metrics.close());
    const lines: string[] = [];
    const log = await createLog({
      level: 'info',
      pretty: false,
      destination: { write: (line) => lines.push(line) },
    });
    const { id } = await user('tolerant');
    app.observed.length = 0;
    const [method, url, body] = patch(
      { op: 'Replace', path: 'active', value: 'True' },
      { op: 'Add', path: 'roles', value: [{ value: 'a', primary: 'True' }] },
    );
    t.equal(outcome(await ask('tolerant', [method, url, body, { 'content-type': null }], id)), 'done');
    for (const observation of app.observed) {
      metrics.observe(observation);
      log.observe(observation);
    }
    const names = ['content-type-missing', 'operation-case', 'boolean-as-string'];
    t.same(
      lines.map((line) => JSON.parse(line).tolerances),
      [names],
    );
    const { counts, condition } = metrics.read();
    const counted = metricsText({ counts, conditions: [condition] })
      .split('\n')
      .filter((line) => line.startsWith('rollcall_tolerances_total'));
    t.same(
      counted,
      names.map((name) => `rollcall_tolerances_total{name="${name}"} 1`),
    );
  },
);

t.test(
  'base-url-variant: a query in the middle of the address is read in every mode, and told',
  async (t) => {
    for (const mode of MODES) {
      app.observed.length = 0;
      t.equal(outcome(await ask(mode, ['GET', '/v2/?aadOptscim062020/Users'])), 'done', mode);
      t.match(app.observed, [{ kind: 'request', tolerances: ['base-url-variant'] }], mode);
    }
  },
);

/** The golden vectors that name a mode, and what each mode makes of them. */
const D5: readonly (readonly [string, Ask, Readonly<Record<Mode, string>>])[] = [
  [
    'replace name merges, and swaps in interop',
    patch(replace('name', { familyName: 'J' })),
    { tolerant: 'done', strict: 'done', interop: 'done' },
  ],
  [
    'replace where the filter selects nothing',
    patch(replace('emails[type eq "fax"].value', 'x')),
    { tolerant: 'done', strict: '400 noTarget', interop: '400 noTarget' },
  ],
  [
    'add where the filter selects nothing',
    patch({ op: 'add', path: 'emails[type eq "fax"].value', value: 'x' }),
    { tolerant: 'done', strict: '400 noTarget', interop: '400 noTarget' },
  ],
  [
    'replace a whole element',
    patch(replace('emails[type eq "work"]', { value: 'n@n.n' })),
    { tolerant: 'done', strict: 'done', interop: '400 invalidPath' },
  ],
  [
    'remove where the filter selects nothing',
    patch({ op: 'remove', path: 'emails[type eq "fax"]' }),
    { tolerant: 'done', strict: 'done', interop: '400 invalidPath' },
  ],
  [
    'remove without a path',
    patch({ op: 'remove' }),
    { tolerant: '400 noTarget', strict: '400 noTarget', interop: '400 invalidSyntax' },
  ],
  [
    'replace userName with null',
    patch(replace('userName', null)),
    { tolerant: '400 mutability', strict: '400 mutability', interop: '400 mutability' },
  ],
  [
    'the same id in a path-less value',
    patch({ op: 'replace', value: { id: ':id', displayName: 'D' } }),
    { tolerant: 'done', strict: 'done', interop: '400 invalidSyntax' },
  ],
  [
    'another id in a path-less value',
    patch({ op: 'replace', value: { id: 'other' } }),
    { tolerant: '400 mutability', strict: '400 mutability', interop: '400 invalidSyntax' },
  ],
  [
    'another id by its path',
    patch(replace('id', 'other')),
    { tolerant: '400 mutability', strict: '400 mutability', interop: '400 mutability' },
  ],
  [
    'a path that is none',
    patch(replace('emails[type eq "work" .value', 'x')),
    { tolerant: '400 invalidPath', strict: '400 invalidPath', interop: '400 invalidPath' },
  ],
  [
    'a position',
    patch(replace('emails[0].value', 'x')),
    { tolerant: '400 invalidPath', strict: '400 invalidPath', interop: '400 invalidPath' },
  ],
  [
    'an unknown operator in brackets',
    patch(replace('emails[type zz "work"].value', 'x')),
    { tolerant: '400 invalidFilter', strict: '400 invalidFilter', interop: '400 invalidFilter' },
  ],
  [
    'op move',
    patch({ op: 'move', path: 'title' }),
    { tolerant: '400 invalidSyntax', strict: '400 invalidSyntax', interop: '400 invalidSyntax' },
  ],
  [
    'no operations',
    patch(),
    { tolerant: '400 invalidSyntax', strict: '400 invalidSyntax', interop: '400 invalidSyntax' },
  ],
  [
    'replace emails with nothing',
    patch(replace('emails', [])),
    { tolerant: 'done', strict: 'done', interop: 'done' },
  ],
  [
    'one value added to a list',
    patch({ op: 'add', path: 'emails', value: { type: 'other', value: 'x@y.z' } }),
    { tolerant: 'done', strict: 'done', interop: '400 invalidValue' },
  ],
  [
    'an undeclared attribute in a filter',
    list('foo eq "x"'),
    { tolerant: '400 invalidFilter', strict: '400 invalidFilter', interop: '400 invalidFilter' },
  ],
  [
    'password in a filter',
    list('password eq "x"'),
    { tolerant: '400 invalidFilter', strict: '400 invalidFilter', interop: '400 invalidFilter' },
  ],
  [
    'text in single quotes',
    list("userName eq 'x'"),
    { tolerant: '400 invalidFilter', strict: '400 invalidFilter', interop: '400 invalidFilter' },
  ],
  [
    'operators that profile clients do not send',
    list('userName sw "x" or not (title pr)'),
    { tolerant: 'done', strict: 'done', interop: 'done' },
  ],
  [
    'B3.03 D4-34 a filter on one resource',
    ['GET', '/Users/:id?filter=title%20pr'],
    { tolerant: 'done', strict: '400 invalidFilter', interop: '400 invalidFilter' },
  ],
  [
    'B2.02 D4-20 an id in a POST is ignored',
    post({ id: 'mine', meta: { version: 'x' } }),
    { tolerant: 'done', strict: 'done', interop: 'done' },
  ],
  [
    'B5.03 another id in a PUT is ignored',
    ['PUT', '/Users/:id', { schemas, id: 'other', userName: ':name' }],
    { tolerant: 'done', strict: 'done', interop: 'done' },
  ],
  [
    'B5.05 a PUT without userName',
    ['PUT', '/Users/:id', { schemas, title: 'x' }],
    { tolerant: '400 invalidValue', strict: '400 invalidValue', interop: '400 invalidValue' },
  ],
  [
    'D4-40 a PUT without schemas',
    ['PUT', '/Users/:id', { userName: ':name' }],
    { tolerant: 'done', strict: '400 invalidSyntax', interop: '400 invalidSyntax' },
  ],
];

for (const [name, given, expected] of D5) {
  t.test(`D5 ${name}`, async (t) => {
    for (const mode of MODES) {
      const [request, id] = await prepared(mode, given);
      t.equal(outcome(await ask(mode, request, id)), expected[mode], mode);
    }
  });
}

/** The user or group as it is after a request that has to succeed. */
async function after(
  t: Test,
  mode: Mode,
  id: string,
  request: Ask,
  url = '/Users',
): Promise<Record<string, unknown>> {
  t.equal(outcome(await ask(mode, request, id)), 'done', mode);
  return (await ask(mode, ['GET', `${url}/${id}`])).json();
}

t.test(
  'B5.02 a PUT clears extensions and members that it leaves out, unless the tenant is tolerant',
  async (t) => {
    for (const mode of MODES) {
      const { id } = await user(mode);
      const body = { schemas, userName: unique() };
      const kept = await after(t, mode, id, ['PUT', '/Users/:id', body]);
      t.same(kept[ENTERPRISE], mode === 'tolerant' ? { department: 'R&D' } : undefined, mode);
      t.notOk('title' in kept || 'emails' in kept, 'what is of the base schema goes in any mode');
      const one = await group(mode);
      const members = [{ value: id }];
      await after(
        t,
        mode,
        one.id,
        ['PUT', '/Groups/:id', { schemas: [CORE_GROUP], displayName: one.id, members }],
        '/Groups',
      );
      const left = await after(
        t,
        mode,
        one.id,
        ['PUT', '/Groups/:id', { schemas: [CORE_GROUP], displayName: one.id }],
        '/Groups',
      );
      t.equal('members' in left, mode === 'tolerant', `members in ${mode}`);
    }
  },
);

t.test('D4-46 the empty text is a value that is not present, unless the tenant is tolerant', async (t) => {
  for (const mode of MODES) {
    const { id } = await user(mode);
    const changed = await after(t, mode, id, patch(replace('nickName', '')));
    t.equal(changed['nickName'], mode === 'tolerant' ? undefined : '', mode);
    const present = await ask(
      mode,
      list(`userName eq ${JSON.stringify(changed['userName'])} and nickName pr`),
    );
    t.equal(present.json().totalResults, 0, `${mode}: pr is false`);
  }
});

t.test('D4-44 of two primary values the first stays primary in a tolerant tenant', async (t) => {
  const made = await ask('tolerant', [
    'POST',
    '/Users',
    { schemas, userName: unique(), emails: [work, { ...home, primary: true }] },
  ]);
  t.match(made.json().emails, [{ primary: true }, { primary: false }]);
});

t.test(
  'B6a D4-8 C7.11 replace of a complex attribute merges; in interop it swaps the whole, and add merges',
  async (t) => {
    for (const mode of MODES) {
      const { id } = await user(mode);
      const replaced = await after(t, mode, id, patch(replace('name', { familyName: 'J' })));
      t.same(
        replaced['name'],
        mode === 'interop' ? { familyName: 'J' } : { givenName: 'Barbara', familyName: 'J' },
        mode,
      );
      const added = await after(t, mode, id, patch({ op: 'add', path: 'name', value: { middleName: 'M' } }));
      t.match(added['name'], { familyName: 'J', middleName: 'M' }, mode);
    }
  },
);

t.test('C7.04 an attribute or schema that is not declared is invalidSyntax in POST and PATCH', async (t) => {
  const refused: Ask[] = [
    post({ shoeSize: '9' }),
    post({}, [...schemas, 'urn:example:unknown']),
    post({ 'urn:example:unknown': { a: 1 } }),
    patch(replace('shoeSize', '9')),
    patch(replace('urn:example:unknown:a', '9')),
    patch(replace('name.nick', 'B')),
    patch({ op: 'add', path: 'schemas', value: ['urn:example:unknown'] }),
    patch(replace('name', { nick: 'B' })),
  ];
  for (const given of refused) {
    const [request, id] = await prepared('interop', given);
    t.equal(outcome(await ask('interop', request, id)), '400 invalidSyntax', JSON.stringify(given));
  }
});

t.test('C7.03 C7.08 eq and and find by userName in any case, and by externalId in its own', async (t) => {
  const userName = unique();
  await ask('interop', ['POST', '/Users', { schemas, userName, externalId: `Ab-${userName}` }]);
  for (const [filter, total] of [
    [`userName eq "${userName.toUpperCase()}"`, 1],
    [`externalId eq "Ab-${userName}" and active eq true`, 1],
    [`externalId eq "ab-${userName}"`, 0],
  ] as const)
    t.equal((await ask('interop', list(filter))).json().totalResults, total, filter);
});

t.test(
  'C7.10 an operation without a path is invalidSyntax, and nothing of the request is done',
  async (t) => {
    const { id } = await user('interop');
    for (const bad of [
      { op: 'replace', value: { title: 'x' } },
      { op: 'add', path: '', value: { title: 'x' } },
      { op: 'remove' },
    ])
      t.equal(
        outcome(await ask('interop', patch(replace('title', 'changed'), bad), id)),
        '400 invalidSyntax',
      );
    t.equal((await ask('interop', ['GET', `/Users/${id}`])).json().title, 'Guide');
  },
);

t.test('C7.11 add is replace for a single value; a list is replaced as a whole and added to', async (t) => {
  const { id } = await user('interop');
  t.equal((await after(t, 'interop', id, patch({ op: 'add', path: 'title', value: 'T' })))['title'], 'T');
  const other = { type: 'other', value: 'o@o.example' };
  t.equal(
    (
      (await after(t, 'interop', id, patch({ op: 'add', path: 'emails', value: [other] })))[
        'emails'
      ] as unknown[]
    ).length,
    3,
  );
  t.match((await after(t, 'interop', id, patch(replace('emails', [home]))))['emails'], [home]);
  for (const op of ['add', 'replace'])
    t.equal(
      outcome(await ask('interop', patch({ op, path: 'emails', value: other }), id)),
      '400 invalidValue',
      op,
    );
});

t.test('C7.11 C7.12 a path with a filter ends in a sub-attribute', async (t) => {
  const { id } = await user('interop');
  for (const operation of [
    replace('emails[type eq "work"]', { value: 'n@n.n' }),
    { op: 'add', path: 'emails[type eq "work"]', value: { display: 'D' } },
    { op: 'remove', path: 'emails[type eq "home"]' },
  ])
    t.equal(outcome(await ask('interop', patch(operation), id)), '400 invalidPath', operation.op);
  const changed = await after(
    t,
    'interop',
    id,
    patch(replace('emails[type eq "home"].value', 'h@h.example')),
  );
  t.match(changed['emails'], [work, { ...home, value: 'h@h.example' }]);
});

t.test('C7.12 a filter that selects more than one value is invalidFilter', async (t) => {
  for (const mode of MODES) {
    const { id } = await user(mode);
    const done = outcome(await ask(mode, patch(replace('emails[value pr].display', 'D')), id));
    t.equal(done, mode === 'interop' ? '400 invalidFilter' : 'done', mode);
  }
});

t.test('C7.11 C7.15 members are a list, and are removed by a filter', async (t) => {
  const [one, other] = [await user('interop'), await user('interop')];
  const { id } = await group('interop');
  const edit = (operation: object): Ask => [
    'PATCH',
    '/Groups/:id',
    { schemas: [PATCH_OP], Operations: [operation] },
  ];
  const ids = async (): Promise<string[]> =>
    ((await ask('interop', ['GET', `/Groups/${id}`])).json().members ?? []).map(
      ({ value }: { value: string }) => value,
    );
  t.equal(
    outcome(await ask('interop', edit({ op: 'add', path: 'members', value: { value: one.id } }), id)),
    '400 invalidValue',
  );
  t.equal(
    outcome(
      await ask(
        'interop',
        edit({ op: 'add', path: 'members', value: [{ value: one.id }, { value: other.id }] }),
        id,
      ),
    ),
    'done',
  );
  t.equal(
    outcome(await ask('interop', edit({ op: 'add', path: `members[value eq "${one.id}"]`, value: {} }), id)),
    '400 invalidPath',
  );
  t.equal(
    outcome(await ask('interop', edit({ op: 'remove', path: `members[value eq "${one.id}"]` }), id)),
    'done',
  );
  t.same(await ids(), [other.id]);
  t.equal(
    outcome(await ask('interop', edit({ op: 'remove', path: 'members', value: [{ value: other.id }] }), id)),
    '400 invalidSyntax',
  );
  t.same(await ids(), [other.id]);
  t.equal(outcome(await ask('interop', edit({ op: 'remove', path: 'members' }), id)), 'done');
  t.same(await ids(), []);
});

t.test(
  'C7.09 C7.13 lists take a count of 100 and more; what is deleted is gone and its name free',
  async (t) => {
    t.equal(outcome(await ask('interop', ['GET', '/Users?startIndex=1&count=100'])), 'done');
    const userName = unique();
    const create: Ask = ['POST', '/Users', { schemas, userName }];
    const { id } = (await ask('interop', create)).json();
    t.equal(outcome(await ask('interop', create)), '409 uniqueness');
    const gone = await app.server.inject({
      method: 'DELETE',
      url: `/scim/v2/Users/${id}`,
      headers: { authorization: `Bearer ${tokens.get('interop')}` },
    });
    t.equal(gone.statusCode, 204);
    t.equal(outcome(await ask('interop', ['GET', `/Users/${id}`])), '404');
    t.equal(outcome(await ask('interop', create)), 'done');
  },
);

t.test('C7.01 C7.05 the flag and its declaration are published in interop mode alone', async (t) => {
  const published = async (mode: Mode) => {
    const config = (await ask(mode, ['GET', '/ServiceProviderConfig'])).json();
    const urn = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';
    const declared = (await ask(mode, ['GET', `/Schemas/${urn}`])).json().attributes as { name: string }[];
    return [
      config.interopProfileConformant,
      declared.some(({ name }) => name === 'interopProfileConformant'),
    ];
  };
  t.same(await published('tolerant'), [undefined, false]);
  t.same(await published('strict'), [undefined, false]);
  t.same(await published('interop'), [true, true]);
  const { attributes } = (await ask('interop', ['GET', `/Schemas/${CORE_USER}`])).json();
  for (const { name, multiValued, subAttributes = [] } of attributes) {
    const type = subAttributes.find((sub: { name: string }) => sub.name === 'type');
    if (multiValued && type) t.ok(Array.isArray(type.canonicalValues), name);
  }
  t.equal(
    (await app.server.inject({ url: '/scim/v2/ServiceProviderConfig' })).json().interopProfileConformant,
    undefined,
  );
});

t.test('a mode is changed by the admin API and holds for the next request', async (t) => {
  const { token } = await app.addTenant('turning');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const create = () =>
    app.server.inject({ method: 'POST', url: '/scim/v2/Users', headers, payload: { userName: unique() } });
  t.equal((await create()).statusCode, 201);
  t.equal((await app.admin('PATCH', '/tenants/turning', { mode: 'interop' })).json().mode, 'interop');
  t.equal(outcome(await create()), '400 invalidSyntax');
});
