import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ADMIN_TOKEN, openApp, type TestApp } from '../support/app.ts';
import { settledFeed } from '../support/settledFeed.ts';

type Message = Record<string, unknown> & {
  report?: Record<string, unknown> &
    Record<'matched' | 'doubled' | 'rejected' | 'orphaned', { count: number; examples: unknown[] }>;
};

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

async function upload(
  { server }: TestApp,
  payload: string | Readable,
  { slug = 'acme', type = 'text/csv', query = '', token = ADMIN_TOKEN, what = 'import' } = {},
) {
  const answer = await server.inject({
    method: 'POST',
    url: `/admin/v1/tenants/${slug}/${what}${query}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': type, 'transfer-encoding': 'chunked' },
    payload,
  });
  const messages = answer.body
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Message);
  return { answer, messages, report: messages.at(-1)?.report };
}

const json = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');
const NDJSON = { type: 'application/x-ndjson' };

async function rows(app: TestApp, text: string, ...values: unknown[]) {
  if (text.includes('rollcall.changes')) await settledFeed(app.connection.pool);
  return (await app.connection.pool.query(text, values)).rows;
}

async function found(app: TestApp, filter: string) {
  const answer = await app.scim({ url: `/Users?filter=${encodeURIComponent(filter)}` });
  return (answer.json<{ Resources?: { id: string; userName: string }[] }>().Resources ?? []).map(
    ({ userName }) => userName,
  );
}

t.test(
  'people of a CSV file become resources, accounts, members and changes, and SCIM finds them',
  async (t) => {
    const app = await openApp(t);
    const { answer, report, messages } = await upload(
      app,
      [
        '\uFEFFuserName;email;givenName;familyName;displayName;externalId;active;applicationId;title;' +
          `${ENTERPRISE}:department\r`,
        'ada@example.com;ada@mail.example.com;Ada;Lovelace;"Ada ""the"" Countess";E-1;yes;app-1;Engineer;Maths\r',
        '\r',
        'bob@example.com;bob@mail.example.com;Bob;;;E-2;no;app-2;"two\nlines";\r',
      ].join('\n'),
    );
    t.equal(answer.statusCode, 200);
    t.match(answer.headers['content-type'], /^application\/x-ndjson/);
    t.match(report, {
      lines: 2,
      created: 2,
      updated: 0,
      unchanged: 0,
      conflicts: 0,
      errors: 0,
      dryRun: false,
      seconds: Number,
    });
    t.equal(messages.length, 1);
    t.same(await found(app, 'userName eq "ADA@example.com"'), ['ada@example.com']);
    t.same(await found(app, 'emails.value eq "ada@mail.example.com"'), ['ada@example.com']);
    t.same(await found(app, 'externalId eq "E-2"'), ['bob@example.com']);
    t.same(await found(app, `${ENTERPRISE}:department eq "maths"`), ['ada@example.com']);

    const accounts = await rows(app, 'select * from rollcall.accounts order by user_name');
    t.match(accounts, [
      {
        application_id: 'app-1',
        active: true,
        reason: null,
        email: 'ada@mail.example.com',
        given_name: 'Ada',
        display_name: 'Ada "the" Countess',
      },
      { application_id: 'app-2', active: false, reason: 'suspended', attributes: { title: 'two\nlines' } },
    ]);
    const members = await rows(app, 'select account_id, role, group_ids from rollcall.organization_members');
    t.same(members, [{ account_id: accounts[0].account_id, role: null, group_ids: [] }]);
    const changes = await rows(app, 'select * from rollcall.changes order by position offset 1');
    t.match(changes, [
      {
        kind: 'account.created',
        actor: 'admin',
        token_id: null,
        account_id: accounts[0].account_id,
        after: { userName: 'ada@example.com', active: true, reason: null },
        paths: ['userName'],
      },
      { kind: 'account.created', after: { userName: 'bob@example.com', active: false, reason: 'suspended' } },
      {
        kind: 'members.added',
        account_ids: [accounts[0].account_id],
        before: null,
        after: { role: null, groups: [] },
      },
    ]);
  },
);

t.test('the same file again leaves everything as it is', async (t) => {
  const app = await openApp(t);
  const file = 'userName,email,applicationId\na@example.com,a@example.com,1\nb@example.com,,2\n';
  await upload(app, file);
  const before = await rows(app, 'select * from rollcall_data.resources order by id');
  t.match((await upload(app, file)).report, { lines: 2, created: 0, updated: 0, unchanged: 2 });
  t.same(await rows(app, 'select * from rollcall_data.resources order by id'), before);
  t.equal((await rows(app, 'select from rollcall_data.changes')).length, 4);
});

t.test('what the file says of imported people by now is written and told', async (t) => {
  const app = await openApp(t);
  await upload(app, 'userName,title,applicationId\na,Engineer,1\nb,Engineer,2\nc,Engineer,3\nd,Engineer,4\n');
  const { report } = await upload(
    app,
    'userName,title,applicationId,active\na,Director,1,true\nb,Engineer,2,false\nc,Engineer,9,true\nd,Engineer,4,true\n',
  );
  t.match(report, { created: 0, updated: 3, unchanged: 1 });
  t.same(
    await rows(app, 'select user_name, application_id, active, reason from rollcall.accounts order by 1'),
    [
      { user_name: 'a', application_id: '1', active: true, reason: null },
      { user_name: 'b', application_id: '2', active: false, reason: 'suspended' },
      { user_name: 'c', application_id: '9', active: true, reason: null },
      { user_name: 'd', application_id: '4', active: true, reason: null },
    ],
  );
  const changes = await rows(
    app,
    'select kind, paths, before, after from rollcall.changes order by position offset 6',
  );
  t.match(changes, [
    {
      kind: 'account.updated',
      paths: ['title'],
      before: { title: 'Engineer' },
      after: { title: 'Director' },
    },
    {
      kind: 'account.suspended',
      before: { active: true, reason: null },
      after: { active: false, reason: 'suspended' },
    },
    { kind: 'members.removed', before: { role: null, groups: [] }, after: null },
  ]);
  t.equal(changes.length, 3, "an applicationId is not the identity provider's, and no matter of the feed");
  await upload(app, 'userName,title,applicationId,active\nb,Manager,2,true\n');
  t.match(await rows(app, 'select kind, after from rollcall.changes order by position offset 9'), [
    { kind: 'account.reactivated', after: { active: true, reason: null } },
    { kind: 'account.updated', after: { title: 'Manager' } },
    { kind: 'members.added' },
  ]);
  t.equal((await rows(app, 'select from rollcall.organization_members')).length, 4);
});

t.test('a line of JSON is flat, or a SCIM User', async (t) => {
  const app = await openApp(t);
  const { report, messages } = await upload(
    app,
    json(
      {
        userName: 'a',
        email: 'a@example.com',
        'name.givenName': 'A',
        familyName: 'B',
        active: 0,
        [`${ENTERPRISE}:department`]: 'Maths',
      },
      {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
        id: 'theirs',
        meta: { resourceType: 'User' },
        userName: 'b',
        name: { givenName: 'B' },
        emails: [{ value: 'b@example.com', type: 'home' }],
        active: true,
        password: 'secret',
        [ENTERPRISE]: { department: 'Physics' },
        applicationId: 7,
      },
      { userName: 'c', title: null, email: '' },
      { userName: 'd', colour: 'red' },
      { userName: 'e', email: 'x', emails: [] },
      { userName: 'f', emails: 'f@example.com' },
    ),
    NDJSON,
  );
  t.match(report, { lines: 6, created: 4, errors: 2 });
  t.match(messages, [
    { line: 4, error: '"colour" is no attribute of a User.' },
    { line: 5, error: 'The attribute "emails" is given twice.' },
    {},
  ]);
  t.match(
    await rows(
      app,
      'select user_name, email, application_id, active, attributes from rollcall.accounts order by 1',
    ),
    [
      {
        email: 'a@example.com',
        active: false,
        attributes: { name: { givenName: 'A', familyName: 'B' }, [ENTERPRISE]: { department: 'Maths' } },
      },
      {
        email: 'b@example.com',
        application_id: '7',
        attributes: { [ENTERPRISE]: { department: 'Physics' } },
      },
      { user_name: 'c', email: null },
      { email: 'f@example.com' },
    ],
  );
  t.notMatch(JSON.stringify(await rows(app, 'select * from rollcall_data.resources')), /secret|theirs/);
});

t.test('each bad line is told with its number, and the others are imported', async (t) => {
  const app = await openApp(t);
  const csv = await upload(
    app,
    [
      'userName,email,active',
      'a,a@example.com,maybe',
      ',b@example.com,true',
      'c,c@example.com',
      'd,"d@example.com,true',
      'next line",true',
      'e,e"@example.com,true',
      'f,"f"x,true',
      'g,g@example.com,true',
      'G,other@example.com,true',
      'h,"h',
    ].join('\n'),
  );
  t.match(csv.messages, [
    { line: 2, error: '"active" must be true or false, yes or no, 1 or 0.' },
    { line: 3, error: 'The attribute "userName" is required.' },
    { line: 4, error: 'The line has 2 of the 3 values that the first line names.' },
    { line: 7, error: 'A quote stands inside a value; put the whole value in quotes.' },
    { line: 8, error: 'Something follows a closing quote; write a quote within quotes twice.' },
    { line: 10, error: 'Line 9 has the same userName.' },
    { line: 11, error: 'A quote is opened and never closed.' },
    { report: { lines: 9, created: 2, errors: 7 } },
  ]);
  t.same(await rows(app, 'select user_name, email from rollcall.accounts order by 1'), [
    { user_name: 'd', email: 'd@example.com,true\nnext line' },
    { user_name: 'g', email: 'g@example.com' },
  ]);
  const deep = `{"userName":"z","emails":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const lines = [
    '[]',
    'nonsense',
    '',
    '{"userName":1}',
    '{"userName":{"a":1}}',
    deep,
    '{"userName":"x","userType":"\\u0000"}',
  ];
  const ndjson = await upload(app, lines.join('\n'), NDJSON);
  t.match(ndjson.messages, [
    { line: 1, error: 'This is JSON, but no JSON object.' },
    { line: 2, error: /^This is not JSON/ },
    { line: 5, error: /^The attribute "userName" is not of its declared type/ },
    { line: 6, error: String },
    { line: 7, error: 'The attribute "userType" holds characters that are not text.' },
    { report: { lines: 6, created: 1, errors: 5 } },
  ]);
});

t.test('after a thousand errors they are only counted', async (t) => {
  const app = await openApp(t);
  const { messages, report } = await upload(app, `userName\n${'"a"b\n'.repeat(1_500)}`);
  t.equal(messages.filter(({ error }) => error !== undefined).length, 1_000);
  t.match(report, { lines: 1_500, errors: 1_500 });
});

t.test('a file that cannot be understood ends with a sentence', async (t) => {
  const app = await openApp(t);
  const cases: [string | Readable, number, RegExp][] = [
    ['\n', 1, /^The file is empty/],
    ['email\nx', 1, /^The column "userName" is missing/],
    ['userName,colour\nx,y', 1, /^The column "colour" is not known/],
    ['userName,password\nx,y', 1, /^The column "password" cannot be read: it cannot be imported/],
    ['userName,id\nx,y', 1, /the server sets it/],
    ['userName,name\nx,y', 1, /name its parts, such as "name\.formatted"/],
    ['userName,email,emails\nx,y,z', 1, /^Two columns say what emails is/],
    ['"userName', 1, /^A quote is opened/],
    [
      Readable.from([Buffer.from('userName\na\n'), Buffer.from([0xff, 0x0a])]),
      1,
      /not valid UTF-8\. Save it as UTF-8/,
    ],
    [`userName\na\n"${'x'.repeat(1_100_000)}`, 3, /^Line 3 is longer than/],
  ];
  for (const [file, line, failed] of cases) {
    const { messages } = await upload(app, file);
    t.match(messages, [{ line, failed }], String(failed));
    t.match(messages.at(-1)?.['failed'], /Run the same import again/);
  }
});

t.test('a dry run says what would be, and changes nothing', async (t) => {
  const app = await openApp(t);
  await upload(app, 'userName,title\na,x\nb,x\n');
  const before = await rows(app, 'select count(*) from rollcall_data.changes');
  const { report } = await upload(app, 'userName,title\na,y\nb,x\nc,x\n,x\n', { query: '?dryRun=true' });
  t.match(report, { created: 1, updated: 1, unchanged: 1, errors: 1, dryRun: true });
  t.same(await rows(app, 'select count(*) from rollcall_data.changes'), before);
  t.same(await found(app, 'title eq "y"'), []);
  t.match((await upload(app, 'userName\nx', { query: '?dryRun=maybe' })).answer.json(), {
    status: '400',
    detail: /"dryRun" must be/,
  });
});

t.test(
  'whom the identity provider manages, and whose applicationId is taken, is left as they are',
  async (t) => {
    const app = await openApp(t);
    const made = await app.scim({
      method: 'POST',
      url: '/Users',
      payload: { userName: 'managed', title: 'theirs' },
    });
    const { id } = made.json<{ id: string }>();
    await upload(app, 'userName,applicationId\na,1\n');
    const { messages } = await upload(app, 'userName,title,applicationId\nManaged,ours,\nb,,1\nc,,2\nd,,2\n');
    t.match(messages, [
      {
        line: 2,
        conflict: `The identity provider manages "Managed" by now, as User ${id}; it is left as it is.`,
      },
      { line: 3, conflict: 'The applicationId "1" is that of "a"; "b" is left out.' },
      { line: 5, conflict: 'The applicationId "2" is that of "c"; "d" is left out.' },
      { report: { created: 1, updated: 0, conflicts: 3, errors: 0 } },
    ]);
    t.same(await found(app, 'title eq "ours"'), []);
  },
);

t.test('who was deleted comes back as the same account', async (t) => {
  const app = await openApp(t);
  const { id } = (
    await app.scim({ method: 'POST', url: '/Users', payload: { userName: 'ada', title: 'x' } })
  ).json<{ id: string }>();
  const [{ account_id: before }] = await rows(app, 'select account_id from rollcall.accounts');
  await app.scim({ method: 'DELETE', url: `/Users/${id}` });
  t.match((await upload(app, 'userName,title,applicationId\nada,y,1\n')).report, { created: 1 });
  t.match(await rows(app, 'select * from rollcall.accounts'), [
    {
      account_id: before,
      active: true,
      reason: null,
      application_id: '1',
      attributes: { title: 'y' },
      deprovisioned_at: null,
    },
  ]);
  t.match(
    await rows(
      app,
      "select kind, before, after from rollcall.changes where actor = 'admin' order by position offset 1",
    ),
    [
      {
        kind: 'account.reactivated',
        before: { active: false, reason: 'deprovisioned' },
        after: { active: true },
      },
      { kind: 'account.updated', before: { title: 'x' }, after: { title: 'y' } },
      { kind: 'members.added', after: { role: null, groups: [] } },
    ],
  );
});

t.test('the default role and the admission filter of the tenant count', async (t) => {
  const app = await openApp(t);
  await rows(
    app,
    'update rollcall_data.tenants set provisioning = $1',
    JSON.stringify({
      roles: [{ name: 'member', aliases: [] }],
      defaultRole: 'member',
      admission: 'title eq "Engineer"',
    }),
  );
  await upload(app, 'userName,title\na,engineer\nb,Sales\n');
  t.same(await rows(app, 'select user_name from rollcall.accounts'), [{ user_name: 'a' }]);
  t.same(await rows(app, 'select role from rollcall.organization_members'), [{ role: 'member' }]);
  t.same(await found(app, 'userName sw "b"'), ['b']);
  t.match(
    await rows(app, 'select kind, account_id, after from rollcall.changes order by position offset 1'),
    [
      { kind: 'account.created' },
      { kind: 'resource.created', account_id: null },
      { kind: 'members.added', after: { role: 'member', groups: [] } },
    ],
  );
});

t.test('a paused tenant is refused, also while its import runs', async (t) => {
  const app = await openApp(t);
  async function* file() {
    yield 'userName\n';
    yield Array.from({ length: 1_000 }, (_, n) => `u${n}\n`).join('');
    await sleep(50);
    await rows(app, 'update rollcall_data.tenants set paused = true');
    yield 'late\n';
  }
  const { messages } = await upload(app, Readable.from(file()));
  t.match(messages, [{ line: 1_002, failed: /^The tenant is paused/ }]);
  t.equal((await rows(app, 'select from rollcall_data.accounts')).length, 1_000);
  const { answer } = await upload(app, 'userName\nx\n');
  t.match(answer.json(), { status: '409', detail: /^The tenant is paused.*resume it, then import\./ });
});

t.test('what is no file of people is refused', async (t) => {
  const app = await openApp(t);
  t.match((await upload(app, 'x', { token: 'wrong' })).answer.json(), { status: '401' });
  t.match((await upload(app, 'x', { slug: 'nobody' })).answer.json(), { status: '404' });
  t.match((await upload(app, '{}', { type: 'application/json' })).answer.json(), {
    status: '415',
    detail: /^Send the file as text\/csv or application\/x-ndjson\./,
  });
  t.match((await upload(app, 'x', { type: 'text/csv; charset=latin1' })).answer.json(), {
    status: '415',
    detail: /in UTF-8/,
  });
  t.match((await app.admin('POST', '/tenants/acme/import')).json(), {
    status: '400',
    detail: /^Send the file as the body/,
  });
  t.equal((await app.admin('GET', '/tenants/acme/import')).statusCode, 405);
});

t.test('two tenants do not touch each other', async (t) => {
  const app = await openApp(t);
  await app.addTenant('globex');
  const file = 'userName,applicationId\nada,1\n';
  t.match((await upload(app, file)).report, { created: 1 });
  t.match((await upload(app, file, { slug: 'globex' })).report, { created: 1, conflicts: 0 });
  t.match((await upload(app, 'userName,title,applicationId\nada,y,2\n', { slug: 'globex' })).report, {
    updated: 1,
  });
  t.same(await rows(app, 'select tenant, application_id, attributes from rollcall.accounts order by 1'), [
    { tenant: 'acme', application_id: '1', attributes: { userName: 'ada' } },
    { tenant: 'globex', application_id: '2', attributes: { userName: 'ada', title: 'y' } },
  ]);
});

t.test(
  'a pre-flight report says who would be matched, doubled, refused and orphaned, and changes nothing',
  async (t) => {
    const app = await openApp(t);
    const provision = (settings: object) =>
      rows(app, 'update rollcall_data.tenants set provisioning = $1', JSON.stringify(settings));
    const gone = (await app.scim({ method: 'POST', url: '/Users', payload: { userName: 'gone' } })).json<{
      id: string;
    }>();
    await app.scim({ method: 'DELETE', url: `/Users/${gone.id}` });
    await app.scim({ method: 'POST', url: '/Users', payload: { userName: 'managed' } });
    await upload(
      app,
      [
        'userName,email,externalId,applicationId',
        'named,named@acme.example,,1',
        'known,known@acme.example,E-1,2',
        'mailed,mailed@acme.example,,3',
        'elsewhere,me@mail.example,,4',
        'orphan,orphan@acme.example,,5',
      ].join('\n'),
    );
    const before = await rows(app, 'select * from rollcall_data.resources order by id');
    const list = [
      'userName,email,externalId',
      'Named,,',
      'known-otherwise,,E-1',
      'm.ailed,Mailed@acme.example,',
      'else-where,me@mail.example,',
      'gone,,',
      'managed,,',
      'fresh,fresh@acme.example,',
      ',,',
      'm.ailed.again,mailed@acme.example,',
    ].join('\n');
    const preflight = async (slug = 'acme') => {
      const { messages, report } = await upload(app, list, { what: 'preflight', slug });
      t.match(messages[0], { line: 9, error: /"userName" is required/ });
      return report;
    };
    const strict = await preflight();
    t.match(strict, {
      lines: 9,
      errors: 1,
      matched: { count: 3, examples: [{ line: 3, userName: 'known-otherwise' }, { line: 6 }, { line: 7 }] },
      rejected: { count: 1, examples: [{ line: 2, userName: 'Named', reason: /match users by userName/ }] },
      doubled: {
        count: 3,
        examples: [{ line: 4, reason: /have accounts matched by e-mail/ }, { line: 5 }, { line: 10 }],
      },
      new: { count: 1 },
      orphaned: {
        count: 3,
        examples: [
          { userName: 'elsewhere' },
          { userName: 'mailed', applicationId: '3' },
          { userName: 'orphan' },
        ],
      },
    });
    await provision({
      matching: { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' },
      verifiedDomains: ['acme.example'],
    });
    t.match(await preflight(), {
      matched: { count: 5 },
      rejected: { count: 0 },
      doubled: {
        count: 2,
        examples: [
          { line: 5, reason: /"mail\.example" is no verified domain/ },
          { line: 10, reason: 'Line 4 is the same person: an account can be matched once.' },
        ],
      },
      orphaned: { count: 2, examples: [{ userName: 'elsewhere' }, { userName: 'orphan' }] },
    });
    t.same(await rows(app, 'select * from rollcall_data.resources order by id'), before);
    t.equal((await rows(app, 'select from rollcall_data.preflight_matches')).length, 0);

    await app.addTenant('globex');
    t.match(await preflight('globex'), { matched: { count: 0 }, new: { count: 8 }, orphaned: { count: 0 } });
    await upload(app, 'userName,email\ntwin,ME@mail.example\n');
    t.match((await app.admin('GET', '/tenants/acme/preflight')).json(), {
      matched: { count: 1, examples: [{ imported: false }] },
      doubled: { count: 2, examples: [{ userName: 'elsewhere' }, { userName: 'twin' }] },
      orphaned: { count: 6 },
    });
  },
);

t.test('a long file is read as it comes; an upload that breaks off is run again', async (t) => {
  const app = await openApp(t);
  const PEOPLE = 20_000;
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const sockets: object[] = [];
  app.server.server.on('connection', (socket) => sockets.push(socket));
  const { port } = app.server.server.address() as AddressInfo;
  const line = (n: number) => `user${n}@example.com,user${n}@example.com,Given${n},A-${n}\n`;
  const begin = () =>
    httpRequest({
      port,
      method: 'POST',
      path: '/admin/v1/tenants/acme/import',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
    });
  const count = async () =>
    Number((await rows(app, 'select count(*) as n from rollcall_data.accounts'))[0].n);

  const broken = begin();
  broken.on('error', () => undefined);
  broken.write('userName,email,givenName,applicationId\n');
  for (let n = 0; n < 3_500; n += 1) broken.write(line(n));
  while ((await count()) < 3_000) await sleep(20);
  broken.destroy();
  await sleep(100);
  const done = await count();
  t.ok(done >= 3_000 && done < 4_000 && done % 500 === 0, `${done} are there`);

  const before = process.memoryUsage().rss;
  const again = begin();
  again.write('userName,email,givenName,applicationId\n');
  // The time of a request's arrival does not count here: Node asks the listener what to do with the connection.
  await sleep(50);
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  app.server.server.emit('clientError', late, sockets.at(-1));
  const answered = new Promise<string>((resolve, reject) => {
    again.on('error', reject);
    again.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
  });
  for (let n = 0; n < PEOPLE; n += 1) {
    if (!again.write(line(n))) await new Promise((resolve) => again.once('drain', resolve));
  }
  again.end();
  const last = (await answered).trim().split('\n').at(-1) ?? '';
  t.match(JSON.parse(last), {
    report: { lines: PEOPLE, created: PEOPLE - done, unchanged: done, errors: 0 },
  });
  t.equal(await count(), PEOPLE);
  t.ok(process.memoryUsage().rss - before < 300_000_000);
});
