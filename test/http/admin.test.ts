import t from 'tap';
import { openApp } from '../support/app.ts';

const app = await openApp(t);
const { admin } = app;

t.test('a tenant is made, listed, read and changed', async (t) => {
  const made = await admin('POST', '/tenants', { slug: 'globex', name: 'Globex Inc.' });
  t.match(made, { statusCode: 201, headers: { location: '/admin/v1/tenants/globex' } });
  t.match(made.json(), {
    id: /^[0-9a-f-]{36}$/,
    slug: 'globex',
    name: 'Globex Inc.',
    mode: 'tolerant',
    allowDuplicateGroupNames: false,
    discoveryView: 'full',
    storePasswords: false,
    active: true,
    paused: false,
    createdAt: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    scimBaseUrl: 'http://localhost:80/scim/v2',
  });
  t.notOk('provisioning' in made.json(), 'which has an address of its own');
  t.same(
    (await admin('GET', '/tenants')).json().tenants.map(({ slug }: { slug: string }) => slug),
    ['acme', 'globex'],
  );
  t.same((await admin('GET', '/tenants/globex')).json(), made.json());
  const changed = await admin('PATCH', '/tenants/globex', {
    name: 'Globex',
    mode: 'strict',
    allowDuplicateGroupNames: true,
    discoveryView: 'entra',
    storePasswords: true,
    active: false,
  });
  t.match(changed, { statusCode: 200 });
  t.same(changed.json(), {
    ...made.json(),
    name: 'Globex',
    mode: 'strict',
    allowDuplicateGroupNames: true,
    discoveryView: 'entra',
    storePasswords: true,
    active: false,
  });
  t.same((await admin('GET', '/tenants/globex')).json(), changed.json());
  t.match(
    (
      await admin('POST', '/tenants', {
        slug: 'strict-one',
        name: 'S',
        mode: 'strict',
        allowDuplicateGroupNames: true,
      })
    ).json(),
    {
      mode: 'strict',
      allowDuplicateGroupNames: true,
    },
  );
});

t.test('a tenant of a slug that is taken is 409, also when both come at once', async (t) => {
  t.match((await admin('POST', '/tenants', { slug: 'acme', name: 'Again' })).json(), {
    status: '409',
    detail: /"acme"/,
  });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => admin('POST', '/tenants', { slug: 'race', name: 'Race' })),
  );
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 1);
  t.equal(answers.filter(({ statusCode }) => statusCode === 409).length, 7);
});

t.test('what is wrong with a body is named', async (t) => {
  for (const [url, body, detail] of [
    ['/tenants', { name: 'x' }, /^"slug" is missing\./],
    ['/tenants', { slug: 'x' }, /^"name" is missing\./],
    ['/tenants', { slug: 'Acme!', name: 'x' }, /^"slug" must be 1 to 63 lower-case letters/],
    ['/tenants', { slug: '-x', name: 'x' }, /^"slug" must be/],
    ['/tenants', { slug: 'x', name: ' ' }, /^"name" must be a text of 1 to 200 characters\./],
    [
      '/tenants',
      { slug: 'x', name: 'x', mode: 'loose' },
      /^"mode" must be "tolerant", "strict" or "interop"\./,
    ],
    [
      '/tenants',
      { slug: 'x', name: 'x', allowDuplicateGroupNames: 'true' },
      /^"allowDuplicateGroupNames" must be true or false\./,
    ],
    [
      '/tenants',
      { slug: 'x', name: 'x', discoveryView: 'okta' },
      /^"discoveryView" must be "full" or "entra"\./,
    ],
    ['/tenants', { slug: 'x', name: 'x', storePasswords: 1 }, /^"storePasswords" must be true or false\./],
    [
      '/tenants',
      { slug: 'x', name: 'x', color: 'red' },
      /^"color" is not known here; the fields are slug, name, mode, /,
    ],
    ['/tenants', { slug: 'x', name: 'x', id: 'mine' }, /^"id" is not known here/],
    ['/tenants', [], /^The body must be a JSON object/],
    ['/tenants', undefined, /^A JSON body is needed/],
    ['/tenants/acme/tokens', {}, /^"name" is missing\./],
    ['/tenants/acme/tokens', { name: 'x', expiresIn: 365 }, /^"expiresIn" must be a lifetime such as/],
    ['/tenants/acme/tokens', { name: 'x', token: 'mine' }, /^"token" is not known here/],
  ] as const) {
    const response = await admin('POST', url, body);
    t.match(
      response.json(),
      { status: '400', scimType: /invalid(?:Value|Syntax)/, detail },
      JSON.stringify(body),
    );
  }
  t.match((await admin('PATCH', '/tenants/acme', { slug: 'x' })).json(), {
    status: '400',
    detail: /^"slug" is not known here/,
  });
  t.match((await admin('PATCH', '/tenants/acme', {})).json(), { status: '400' });
});

t.test('B13.03 a token is shown once, works, and has an end', async (t) => {
  const made = await admin('POST', '/tenants/acme/tokens', { name: 'okta' });
  t.equal(made.statusCode, 201);
  const { token, ...shown } = made.json();
  t.same(Object.keys(made.json()), ['id', 'token', 'name', 'createdAt', 'expiresAt']);
  t.match(token, /^rc_[0-9A-Za-z]{49}$/);
  t.equal(Date.parse(shown.expiresAt) - Date.parse(shown.createdAt), 365 * 86_400_000);
  t.match(made.headers, {
    location: `/admin/v1/tenants/acme/tokens/${shown.id}`,
    'cache-control': 'no-store',
  });
  t.equal((await app.scim({ url: '/Users', headers: { authorization: `Bearer ${token}` } })).statusCode, 200);
  const listed = await admin('GET', '/tenants/acme/tokens');
  t.match(listed.json().tokens.at(-1), { ...shown, revokedAt: null });
  t.notMatch(listed.body, /rc_|digest/);
  const { rows } = await app.connection.pool.query('select * from rollcall_data.tokens');
  t.notMatch(JSON.stringify(rows), token);
});

t.test('a lifetime is a number of minutes, hours or days, up to 1095 days', async (t) => {
  for (const [expiresIn, milliseconds] of [
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['1d', 86_400_000],
    ['1095d', 1095 * 86_400_000],
  ] as const) {
    const { createdAt, expiresAt } = (
      await admin('POST', '/tenants/acme/tokens', { name: 'x', expiresIn })
    ).json();
    t.equal(Date.parse(expiresAt) - Date.parse(createdAt), milliseconds);
  }
  for (const expiresIn of [
    '',
    '0d',
    '-1d',
    '1096d',
    '26281h',
    '1y',
    '1.5d',
    '365',
    'never',
    '99999999999d',
    ' 1d',
  ]) {
    const response = await admin('POST', '/tenants/acme/tokens', { name: 'x', expiresIn });
    t.match(response.json(), { status: '400', detail: /"expiresIn" must be .* up to 1095d/ }, expiresIn);
  }
});

t.test('a token that is revoked no longer works, and revoking again changes nothing', async (t) => {
  const { id, token } = (await admin('POST', '/tenants/acme/tokens', { name: 'short' })).json();
  const headers = { authorization: `Bearer ${token}` };
  t.equal((await app.scim({ url: '/Users', headers })).statusCode, 200);
  t.match(await admin('DELETE', `/tenants/acme/tokens/${id}`), { statusCode: 204, body: '' });
  t.equal((await app.scim({ url: '/Users', headers })).statusCode, 401);
  t.equal((await admin('DELETE', `/tenants/acme/tokens/${id}`)).statusCode, 204);
  t.match((await admin('GET', '/tenants/acme/tokens')).json().tokens.at(-1), { id, revokedAt: /^\d{4}-/ });
});

t.test("another tenant's token, and what is not there, are 404", async (t) => {
  await admin('POST', '/tenants', { slug: 'initech', name: 'Initech' });
  const { id, token } = (await admin('POST', '/tenants/initech/tokens', { name: 'theirs' })).json();
  t.match((await admin('DELETE', `/tenants/acme/tokens/${id}`)).json(), { status: '404' });
  t.equal(
    (await app.scim({ url: '/Users', headers: { authorization: `Bearer ${token}` } })).statusCode,
    200,
    'it still works',
  );
  t.notMatch((await admin('GET', '/tenants/acme/tokens')).body, id);
  for (const [method, url] of [
    ['GET', '/tenants/nobody'],
    ['PATCH', '/tenants/nobody'],
    ['GET', '/tenants/nobody/tokens'],
    ['POST', '/tenants/nobody/tokens'],
    ['DELETE', `/tenants/nobody/tokens/${id}`],
    ['DELETE', '/tenants/acme/tokens/nonsense'],
    ['DELETE', '/tenants/acme/tokens/00000000-0000-0000-0000-000000000000'],
    ['GET', '/tenants/nobody/exchanges'],
    ['GET', '/tenants/ACME'],
    ['GET', "/tenants/'%20or%20true--"],
  ] as const) {
    const body = method === 'POST' || method === 'PATCH' ? { name: 'x' } : undefined;
    t.match((await admin(method, url, body)).json(), { status: '404' }, `${method} ${url}`);
  }
});

t.test('suspending a tenant stops its tokens at once, and they come back with it', async (t) => {
  const { token } = await app.addTenant('paused');
  const status = async () =>
    (await app.scim({ url: '/Users', headers: { authorization: `Bearer ${token}` } })).statusCode;
  t.equal(await status(), 200);
  await admin('PATCH', '/tenants/paused', { active: false });
  t.equal(await status(), 401);
  await admin('PATCH', '/tenants/paused', { active: true });
  t.equal(await status(), 200);
});

t.test('a change of mode holds for the next request', async (t) => {
  const { token } = await app.addTenant('turning');
  const status = async () =>
    (await app.scim({ url: '/Users', headers: { authorization: token } })).statusCode;
  t.equal(await status(), 200, 'a token without the scheme is a tolerance');
  await admin('PATCH', '/tenants/turning', { mode: 'strict' });
  t.equal(await status(), 401);
});

t.test('other methods are 405', async (t) => {
  for (const [method, url, allow] of [
    ['DELETE', '/tenants', 'GET, POST, HEAD, OPTIONS'],
    ['DELETE', '/tenants/acme', 'GET, PATCH, HEAD, OPTIONS'],
    ['PATCH', '/tenants/acme/tokens', 'GET, POST, HEAD, OPTIONS'],
    ['GET', '/tenants/acme/tokens/x', 'DELETE, OPTIONS'],
    ['DELETE', '/tenants/acme/exchanges', 'GET, HEAD, OPTIONS'],
  ] as const) {
    t.match(await admin(method, url), { statusCode: 405, headers: { allow } }, `${method} ${url}`);
  }
});

t.test("a tenant's exchanges are listed newest first, and no other tenant's", async (t) => {
  const log = await openApp(t);
  const other = await log.addTenant('other');
  await log.scim({ url: '/Users' });
  await log.scim({ url: '/nothing' });
  await log.scim({ url: '/Groups', headers: { authorization: `Bearer ${other.token}` } });
  let exchanges: Record<string, unknown>[] = [];
  for (let tries = 0; tries < 100 && exchanges.length < 2; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    exchanges = (await log.admin('GET', '/tenants/acme/exchanges')).json().exchanges;
  }
  t.match(exchanges, [
    { method: 'GET', path: '/scim/v2/nothing', status: 404, requestId: /^[0-9a-f-]{36}$/, at: /Z$/ },
    { method: 'GET', path: '/scim/v2/Users', status: 200, operation: 'list User' },
  ]);
  t.equal(exchanges.length, 2);
  t.equal((await log.admin('GET', '/tenants/acme/exchanges?limit=1')).json().exchanges.length, 1);
  for (const limit of ['0', '1001', 'x', '1&limit=2', '']) {
    t.match(
      (await log.admin('GET', `/tenants/acme/exchanges?limit=${limit}`)).json(),
      { status: '400', detail: /"limit"/ },
      limit,
    );
  }
});
