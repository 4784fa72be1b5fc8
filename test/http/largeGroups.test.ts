/** Groups with more members than are held: told part by part, to the byte what a server tells that holds them all. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import pg from 'pg';
import t, { type Test } from 'tap';
import { openApp, type TestApp } from '../support/app.ts';
import { openClone } from '../support/connection.ts';
import { seedGroups, seedUsers } from '../support/seed.ts';

const USERS = 4_001;
/** Around what is read with a group, and around the edges of parts. */
const SIZES = [0, 1, 500, 501, 1_999, 2_000, 2_001, 2_250, USERS];
const PATIENCE = 300;

const groupId = (n: number): string => `00000000-0000-7000-9000-${n.toString(16).padStart(12, '0')}`;
const userId = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const LARGEST = groupId(SIZES.length);

let app: TestApp;
/** On the same database, and reads every group whole, as with the embedded database. */
let plain: TestApp;
let database: pg.Pool;

t.before(async () => {
  const connection = await openClone(t, { poolSize: 10 });
  database = connection.pool;
  app = await openApp(t, {}, { connection, readerPatienceMs: PATIENCE });
  plain = await openApp(t, {}, { connection: { ...connection, embedded: true }, slug: 'plain' });
  const client = new pg.Client({ connectionString: connection.pool.options.connectionString });
  await client.connect();
  await seedUsers(client, app.tenant.id, USERS);
  await seedGroups(client, app.tenant.id, SIZES);
  // Names of every kind, none at all, and a type that nobody has.
  await client.query(
    `update rollcall_data.resources set attributes = attributes || jsonb_build_object('displayName',
       (array['a "quoted" \\ name', E'tab\\t line\\n bell\\x07 del\\x7f', 'Ünï \u2028 \u{1F600}', ''])[1 + get_byte(uuid_send(id), 15) % 4])
     where tenant_id = $1 and type = 'User' and get_byte(uuid_send(id), 15) % 3 = 0`,
    [app.tenant.id],
  );
  await client.query(
    `update rollcall_data.resources set attributes = attributes - 'userName'
     where tenant_id = $1 and type = 'User' and get_byte(uuid_send(id), 15) % 7 = 1`,
    [app.tenant.id],
  );
  await client.query(
    `update rollcall_data.resources set type = 'Withdrawn'
     where tenant_id = $1 and type = 'User' and get_byte(uuid_send(id), 15) % 11 = 2`,
    [app.tenant.id],
  );
  // Groups within groups.
  await client.query(
    `insert into rollcall_data.members (tenant_id, group_id, member_id, created_at, nested) values ($1, $2, $3, now(), true)`,
    [app.tenant.id, LARGEST, groupId(1)],
  );
  await client.end();
});

/** What both answer to the same request. */
async function both(options: InjectOptions & { url: string }) {
  const [given, wanted] = await Promise.all([
    app.scim(options),
    plain.scim({ ...options, headers: { authorization: `Bearer ${app.token}`, ...options.headers } }),
  ]);
  return { given, wanted };
}

async function same(t: Test, options: InjectOptions & { url: string }): Promise<string> {
  const { given, wanted } = await both(options);
  t.equal(given.statusCode, wanted.statusCode, options.url);
  // Not t.equal of the texts: a difference between megabytes takes long to show.
  t.ok(given.payload === wanted.payload, `${options.url} is answered with the same bytes`);
  for (const name of ['etag', 'location', 'content-type', 'vary']) {
    t.equal(given.headers[name], wanted.headers[name], name);
  }
  return given.payload;
}

t.test('B3.01 groups of every size are shown as if they were read whole', async (t) => {
  for (const [at, size] of SIZES.entries()) {
    const text = await same(t, { method: 'GET', url: `/Groups/${groupId(at + 1)}` });
    const { members = [] } = JSON.parse(text) as { members?: { value: string }[] };
    if (size <= 2) continue;
    const ids = members.map(({ value }) => value);
    t.same(ids, ids.toSorted(), 'in the order of their ids');
    t.ok(ids.length > size * 0.85 && ids.length < size, 'without those of a type that is gone');
  }
});

t.test('B4.50 B4.53 whatever is selected of a large group is what is selected of any', async (t) => {
  for (const query of [
    'attributes=members',
    'attributes=members.value',
    'attributes=members.display',
    'attributes=members.%24ref,members.display',
    'attributes=members.display,members.type,displayName',
    'attributes=displayName',
    'excludedAttributes=members',
    'excludedAttributes=members.display',
    'excludedAttributes=members.value,members.type',
    'excludedAttributes=members.value,members.%24ref,members.type',
    'excludedAttributes=members.value,members.%24ref,members.type,members.display',
    'excludedAttributes=meta,externalId',
  ]) {
    await same(t, { method: 'GET', url: `/Groups/${groupId(4)}?${query}` });
  }
});

t.test('lists, searches and look-ups show large groups whole', async (t) => {
  for (const query of [
    '',
    'count=1000',
    'startIndex=3&count=4',
    'sortBy=displayName&sortOrder=descending',
    `filter=${encodeURIComponent('displayName eq "Group 9"')}`,
    `filter=${encodeURIComponent(`members.value eq "${userId(2_200)}"`)}`,
    'attributes=members.value&count=1000',
  ]) {
    const { given, wanted } = await both({ method: 'GET', url: `/Groups?${query}` });
    t.equal(given.statusCode, 200);
    t.ok(given.payload === wanted.payload, `the list ${query}`);
  }
  const payload = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
    filter: 'displayName sw "Group" and externalId co "7"',
  };
  await same(t, { method: 'POST', url: '/.search', payload });
  await same(t, { method: 'POST', url: '/Groups/.search', payload });
  const walked: string[] = [];
  for (let cursor = ''; ; ) {
    const answer = await app.scim({
      method: 'GET',
      url: `/Groups?count=3&cursor=${encodeURIComponent(cursor)}`,
    });
    const { Resources, nextCursor } = answer.json<{ Resources: { id: string }[]; nextCursor?: string }>();
    walked.push(...Resources.map(({ id }) => id));
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  t.same(
    walked,
    SIZES.map((_, at) => groupId(at + 1)),
    'a walk by cursor meets each once',
  );
});

t.test('B5.01 B6.09 POST, PUT and PATCH show the members of a large group too', async (t) => {
  const ids = Array.from({ length: 2_500 }, (_, n) => ({ value: userId(n + 1) }));
  const made = await app.scim({
    method: 'POST',
    url: '/Groups',
    payload: { displayName: 'New', members: ids },
  });
  t.equal(made.statusCode, 201, made.payload.slice(0, 300));
  const { id } = made.json<{ id: string }>();
  const read = await same(t, { method: 'GET', url: `/Groups/${id}` });
  t.ok(made.payload === read, 'POST');
  const payload = { displayName: 'Newer', members: ids.slice(0, 1_700) };
  const put = await app.scim({ method: 'PUT', url: `/Groups/${id}`, payload });
  t.ok(put.payload === (await same(t, { method: 'GET', url: `/Groups/${id}` })), 'PUT');
  t.equal(put.headers['etag'], put.json<{ meta: { version: string } }>().meta.version);
  const patched = await app.scim({
    method: 'PATCH',
    url: `/Groups/${id}?attributes=members`,
    payload: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'remove', path: `members[value eq "${userId(1)}"]` }],
    },
  });
  t.equal(
    patched.json<{ members: unknown[] }>().members.length,
    put.json<{ members: unknown[] }>().members.length - 1,
  );
});

t.test('HEAD and If-None-Match cost no member', async (t) => {
  const head = await app.scim({ method: 'HEAD', url: `/Groups/${LARGEST}` });
  t.equal(head.statusCode, 200);
  t.equal(head.payload, '');
  const etag = String(head.headers['etag']);
  t.match(etag, /^W\/"/);
  const unchanged = await app.scim({
    method: 'GET',
    url: `/Groups/${LARGEST}`,
    headers: { 'if-none-match': etag },
  });
  t.equal(unchanged.statusCode, 304);
  t.equal(unchanged.payload, '');
});

/** Over the network, where a reader can be slow. */
async function listening(): Promise<number> {
  if (!app.server.server.listening) await app.server.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.server.address() as AddressInfo).port;
}

function opened(port: number, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${app.token}` };
    httpRequest({ host: '127.0.0.1', port, path: `/scim/v2${path}`, headers, agent: false }, resolve)
      .once('error', reject)
      .end();
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const part of answer) text += part as string;
  return text;
}

/** Makes what is told of the members so long that no buffer between server and reader holds it. */
const NAME = 'x'.repeat(6_000);

t.test('over a slow network', async (t) => {
  await database.query(
    `update rollcall_data.resources set attributes = attributes || jsonb_build_object('displayName', $2::text)
     where tenant_id = $1 and type = 'User'`,
    [app.tenant.id, NAME],
  );
  const port = await listening();
  const held = async (): Promise<number> => {
    const { rows } = await database.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`,
    );
    return rows[0]?.n ?? 0;
  };

  await t.test('what is read while it changes is one version, with its own members', async (t) => {
    const before = await textOf(await opened(port, `/Groups/${LARGEST}`));
    const answer = await opened(port, `/Groups/${LARGEST}`);
    const changed = await app.scim({
      method: 'PATCH',
      url: `/Groups/${LARGEST}`,
      payload: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [
          { op: 'replace', path: 'displayName', value: 'Changed' },
          { op: 'remove', path: `members[value eq "${userId(USERS)}"]` },
          { op: 'remove', path: `members[value eq "${userId(USERS - 1)}"]` },
        ],
      },
    });
    t.equal(changed.statusCode, 204);
    t.ok((await textOf(answer)) === before, 'the old one to its end');
    const after = await textOf(await opened(port, `/Groups/${LARGEST}`));
    t.not(JSON.parse(after).meta.version, JSON.parse(before).meta.version);
    t.ok(JSON.parse(after).members.length < JSON.parse(before).members.length);
  });

  await t.test('a reader that reads nothing is left after a while, which is told once', async (t) => {
    app.observed.length = 0;
    const answer = await opened(port, `/Groups/${LARGEST}`);
    t.equal(answer.statusCode, 200);
    while (!app.observed.some(({ kind }) => kind === 'response-broken')) await sleep(20);
    while ((await held()) > 0) await sleep(20);
    await t.rejects(textOf(answer), 'and finds that it has not been given all');
    while (!app.observed.some(({ kind }) => kind === 'request')) await sleep(20);
    t.equal(app.observed.filter(({ kind }) => kind === 'response-broken').length, 1);
    t.match(
      app.observed.filter(({ kind }) => kind === 'request'),
      [{ status: 200, operation: 'read Group' }],
    );
  });

  await t.test('a reader that goes away leaves nothing behind', async (t) => {
    app.observed.length = 0;
    const answers = await Promise.all(
      [1, 2, 3].map((n) => opened(port, `/Groups/${LARGEST}?n=${n}`).catch(() => undefined)),
    );
    for (const answer of answers) answer?.destroy();
    while (app.observed.filter(({ kind }) => kind === 'request').length < 3) await sleep(20);
    while ((await held()) > 0) await sleep(20);
    const { pool } = app.connection;
    while (pool.idleCount < pool.totalCount) await sleep(20);
    t.equal(pool.waitingCount, 0, 'every connection is back');
    t.equal((await app.scim({ method: 'GET', url: `/Groups/${groupId(5)}` })).statusCode, 200);
  });

  await t.test('a database that goes away in the middle breaks the answer off, which is told', async (t) => {
    app.observed.length = 0;
    const answer = await opened(port, `/Groups/${LARGEST}`);
    const end = (): Promise<pg.QueryResult> =>
      database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state like 'idle in transaction%'`,
      );
    while ((await end()).rowCount === 0) await sleep(5);
    await t.rejects(textOf(answer));
    while (!app.observed.some(({ kind }) => kind === 'request')) await sleep(20);
    t.match(
      app.observed.filter(({ kind }) => kind !== 'job'),
      [{ kind: 'response-broken' }, { kind: 'request', status: 200 }],
    );
    t.equal(
      (await app.scim({ method: 'GET', url: `/Groups/${groupId(5)}` })).statusCode,
      200,
      'and no other',
    );
  });
});
