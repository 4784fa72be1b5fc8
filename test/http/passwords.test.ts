/** Passwords on their way through the whole server, and what docs/passwords.md says of verifying them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Mode, MODES } from '../../src/scim/mode.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { projectRoot } from '../support/project.ts';
import { CORE_GROUP, CORE_USER, PATCH_OP } from '../support/protocol.ts';

type Verify = (password: string, stored: string) => Promise<boolean>;

const page = readFileSync(join(projectRoot, 'docs', 'passwords.md'), 'utf8');
const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
const { verifyPassword } = (await import(
  `data:text/javascript;base64,${Buffer.from(example).toString('base64')}`
)) as { verifyPassword: Verify };

const SECRET = 'pa55-wörd of Ada';
const OTHER = 'another-s3cret!';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

let count = 0;
const person = (password?: unknown): Record<string, unknown> => ({
  schemas: [CORE_USER],
  userName: `person-${++count}@example.com`,
  ...(password === undefined ? {} : { password }),
});

async function open(t: Test, storePasswords = true, mode: Mode = 'tolerant') {
  const app = await openApp(t);
  const set = await app.admin('PATCH', '/tenants/acme', { storePasswords, mode });
  t.match(set.json(), { storePasswords, mode });
  const send = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET', url: string, payload?: object) =>
    app.scim({ method, url, ...(payload ? { payload } : {}) });
  const patch = (id: string, ...operations: object[]) =>
    send('PATCH', `/Users/${id}`, { schemas: [PATCH_OP], Operations: operations });
  return { app, send, patch };
}

async function hashOf({ connection }: TestApp, id: string): Promise<string | undefined> {
  const { rows } = await connection.pool.query(
    `select p.hash from rollcall.passwords p join rollcall_data.resources r
      on r.tenant_id = p.tenant_id and r.account_id = p.account_id where r.id = $1`,
    [id],
  );
  return rows[0]?.hash;
}

/** Everything that the database holds, as text. */
async function everything({ connection }: TestApp): Promise<string> {
  const { rows } = await connection.pool.query(
    `select c.relname as name from pg_class c where c.relnamespace = 'rollcall_data'::regnamespace
      and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  const tables = await Promise.all(
    rows.map(({ name }) => connection.pool.query(`select t::text as row from rollcall_data.${name} t`)),
  );
  return JSON.stringify(tables.map((table) => table.rows));
}

t.test('A6.02 a password is accepted and dropped where the tenant keeps none', async (t) => {
  const { app, send, patch } = await open(t, false);
  t.match((await send('GET', '/ServiceProviderConfig')).json(), { changePassword: { supported: false } });
  for (const password of [SECRET, '', null, 7, { a: 1 }]) {
    const made = await send('POST', '/Users', person(password));
    t.equal(made.statusCode, 201, JSON.stringify(password));
    t.notOk('password' in made.json());
  }
  const { id, meta } = (await send('POST', '/Users', person())).json();
  const changed = await patch(id, { op: 'replace', path: 'password', value: SECRET });
  t.match(changed.json(), { meta: { version: meta.version } });
  t.equal(await hashOf(app, id), undefined);
  t.notMatch(await everything(app), /pa55/);
});

t.test(
  'A6.02 POST, PUT and PATCH set a password, which is kept as a salted hash and verified as documented',
  async (t) => {
    const { app, send, patch } = await open(t, true, 'strict');
    t.match((await send('GET', '/ServiceProviderConfig')).json(), { changePassword: { supported: true } });
    const body = person(SECRET);
    const made = await send('POST', '/Users', body);
    t.equal(made.statusCode, 201);
    const { id, meta } = made.json();
    const first = (await hashOf(app, id)) as string;
    t.match(first, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    t.ok(await verifyPassword(SECRET, first), 'the right one');
    t.ok(await verifyPassword('pa55-wo\u0308rd\u00a0of\u2003Ada', first), 'RFC 8265 §4.2: in another form');
    t.notOk(await verifyPassword(SECRET.toUpperCase(), first), 'in another case');

    await send('PUT', `/Users/${id}`, { ...body, password: undefined, title: 'T' });
    t.equal(await hashOf(app, id), first, 'B5.02 a PUT without it keeps it');
    await send('PUT', `/Users/${id}`, { ...body, password: OTHER, title: 'T' });
    const second = (await hashOf(app, id)) as string;
    t.ok(await verifyPassword(OTHER, second), 'by PUT');

    const before = (await send('GET', `/Users/${id}`)).json();
    t.not(before.meta.version, meta.version);
    const changed = await patch(id, { op: 'replace', path: 'password', value: SECRET });
    t.equal(changed.statusCode, 200);
    t.strictSame(changed.json(), before, 'a change of the password alone shows nowhere');
    t.ok(await verifyPassword(SECRET, (await hashOf(app, id)) as string), 'by PATCH');
    await patch(id, { op: 'add', path: `${CORE_USER}:PassWord`, value: OTHER });
    t.ok(await verifyPassword(OTHER, (await hashOf(app, id)) as string), 'by its full name');

    t.equal((await patch(id, { op: 'remove', path: 'password' })).statusCode, 200);
    t.equal(await hashOf(app, id), undefined, 'removed');
    t.equal((await patch(id, { op: 'remove', path: 'password' })).statusCode, 200, 'there is none to remove');
  },
);

t.test('A6.02 the last of several operations counts, and a PATCH that is refused sets nothing', async (t) => {
  const { app, send, patch } = await open(t);
  const { id } = (await send('POST', '/Users', person(SECRET))).json();
  const first = await hashOf(app, id);
  const set = (value: unknown) => ({ op: 'replace', path: 'password', value });
  t.match((await patch(id, set(OTHER), { op: 'remove', path: 'userName' })).json(), {
    scimType: 'mutability',
  });
  t.match(
    (await patch(id, set(['a', 'b']), set(OTHER))).json(),
    { scimType: 'invalidValue' },
    'each is judged',
  );
  t.equal(await hashOf(app, id), first);
  await patch(id, { op: 'replace', value: { password: 'x', title: 'T' } }, set(OTHER));
  t.ok(await verifyPassword(OTHER, (await hashOf(app, id)) as string));
  t.equal((await patch('0190a000-0000-7000-8000-000000000000', set(SECRET))).statusCode, 404);
});

t.test('A6.02 what cannot be a password is invalidValue, and the answer does not repeat it', async (t) => {
  for (const mode of MODES) {
    const { send } = await open(t, true, mode);
    const bad = [
      'with\u0000nul',
      'with\nline',
      'lone \ud800',
      ['a', 'b'],
      { value: 'obj' },
      ...(mode === 'tolerant' ? [] : ['', 7]),
    ];
    for (const password of bad) {
      const answer = await send('POST', '/Users', person(password));
      t.match(
        answer.json(),
        { status: '400', scimType: 'invalidValue', detail: /"password"/ },
        JSON.stringify(password),
      );
      t.notMatch(answer.body, /with|lone|obj/);
    }
  }
  const { send } = await open(t);
  for (const password of ['x', ' ', 'ａ', '🔑'.repeat(300)])
    t.equal((await send('POST', '/Users', person(password))).statusCode, 201, 'any length and script');
});

t.test('A6.02 null, and in a tolerant tenant the empty text, remove it; so does DELETE', async (t) => {
  const { app, send, patch } = await open(t);
  const { id } = (await send('POST', '/Users', person(SECRET))).json();
  await patch(id, { op: 'replace', path: 'password', value: '' });
  t.equal(await hashOf(app, id), undefined);
  await patch(id, { op: 'replace', path: 'password', value: SECRET });
  await send('PUT', `/Users/${id}`, person(null));
  t.equal(await hashOf(app, id), undefined);
  await patch(id, { op: 'replace', path: 'password', value: SECRET });
  t.type(await hashOf(app, id), 'string');
  t.equal((await send('DELETE', `/Users/${id}`)).statusCode, 204);
  const { rows } = await app.connection.pool.query('select * from rollcall_data.passwords');
  t.same(rows, []);
});

t.test('A6.02 a tenant that wants none kept any more has none; other tenants have theirs', async (t) => {
  const { app, send } = await open(t);
  const other = await app.addTenant('other');
  await app.admin('PATCH', '/tenants/other', { storePasswords: true });
  const { id } = (await send('POST', '/Users', person(SECRET))).json();
  const theirs = await app.scim({
    method: 'POST',
    url: '/Users',
    headers: { authorization: `Bearer ${other.token}` },
    payload: person(SECRET),
  });
  await app.admin('PATCH', '/tenants/acme', { storePasswords: false });
  t.equal(await hashOf(app, id), undefined);
  t.type(await hashOf(app, theirs.json().id), 'string');
});

t.test(
  'A6.02 a password is never returned, filtered by, logged or kept in the provisioning log, whatever its form',
  async (t) => {
    const { app, send, patch } = await open(t);
    const { id } = (await send('POST', '/Users', person(SECRET))).json();
    const operations: object[] = [
      { op: 'replace', path: 'password', value: SECRET },
      { op: 'Replace', path: ' PassWord ', value: SECRET },
      { OP: 'replace', PATH: `${CORE_USER}:password`, VALUE: SECRET },
      { op: 'replace', path: 'password[value eq "x"]', value: SECRET },
      { op: 'replace', path: `password[value eq "${SECRET}"]`, value: 'x' },
      { op: 'replace', value: { PASSWORD: SECRET } },
      { op: 'replace', value: { [`${CORE_USER}:password`]: SECRET } },
      { op: 'replace', path: 'password', value: { value: SECRET } },
      { op: 'replace', path: 'password', value: [SECRET, SECRET] },
      { op: 'remove', path: 'password', value: SECRET },
    ];
    const answers = [];
    for (const operation of operations) answers.push(await patch(id, operation));
    const bulk = [
      { method: 'POST', path: '/Users', bulkId: 'a', data: person(SECRET) },
      { method: 'PATCH', path: `/Users/${id}`, data: { schemas: [PATCH_OP], Operations: [operations[0]] } },
    ];
    answers.push(await send('POST', '/Bulk', { schemas: [BULK], Operations: bulk }));
    const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };
    for (const filter of [
      `password eq "${SECRET}"`,
      'password eq pa55-wörd',
      `not (title pr) and password eq "${SECRET}"`,
    ])
      answers.push(await send('POST', '/Users/.search', { ...search, filter }));
    answers.push(await send('GET', `/Users?filter=${encodeURIComponent(`password eq "${SECRET}"`)}`));
    answers.push(
      await send('GET', '/Users?attributes=password'),
      await send('GET', `/Users/${id}?attributes=password`),
    );
    t.notMatch(JSON.stringify(answers.slice(-2).map(({ body }) => body)), /password/i);
    await app.server.close();
    t.notMatch(
      answers
        .map(({ body }) => body)
        .join('\n')
        .replaceAll('The path', ''),
      /scrypt/,
    );
    t.notMatch(JSON.stringify(app.observed), /pa55/, 'the log');
    const { rows } = await app.connection.pool.query('select * from rollcall_data.exchanges');
    t.ok(rows.length > operations.length, `${rows.length} exchanges`);
    t.notMatch(JSON.stringify(rows), /pa55/, 'the provisioning log');
    t.notMatch(await everything(app), /pa55/, 'the database');
  },
);

t.test(
  'A6.02 B8.06 a bulk request sets passwords, also of users and groups that refer to each other',
  async (t) => {
    const { app, send } = await open(t);
    const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const circle = (own: string, other: string, password: string) => ({
      method: 'POST',
      path: '/Users',
      bulkId: own,
      data: {
        ...person(password),
        schemas: [CORE_USER, manager],
        [manager]: { manager: { value: `bulkId:${other}` } },
      },
    });
    const group = {
      method: 'POST',
      path: '/Groups',
      bulkId: 'g',
      data: { schemas: [CORE_GROUP], displayName: 'G', members: [{ value: 'bulkId:a' }] },
    };
    const answer = await send('POST', '/Bulk', {
      schemas: [BULK],
      Operations: [circle('a', 'b', SECRET), circle('b', 'a', OTHER), group],
    });
    const [one, other] = answer
      .json()
      .Operations.map(({ location }: { location: string }) => location.split('/').at(-1));
    t.ok(await verifyPassword(SECRET, (await hashOf(app, one)) as string));
    t.ok(await verifyPassword(OTHER, (await hashOf(app, other)) as string));
  },
);
