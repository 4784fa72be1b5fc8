import { connect as openSocket } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { ADMIN_TOKEN, openApp, openConnection } from '../support/app.ts';

const app = await openApp(t);
const { server, token } = app;

async function ask(headers: Record<string, string>, url = '/scim/v2/Users', method: 'GET' | 'POST' = 'GET') {
  const response = await server.inject({ method, url, headers });
  return {
    status: response.statusCode,
    challenge: response.headers['www-authenticate'],
    type: response.headers['content-type'],
    body: response.json(),
  };
}

const changed = token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a');

t.test('B13.04 without a credential the answer is 401 with the scheme and no error code', async (t) => {
  for (const headers of [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Basic dTpw' },
  ]) {
    t.match(
      await ask(headers),
      {
        status: 401,
        challenge: /^Bearer realm="rollcall"$/,
        type: 'application/scim+json; charset=utf-8',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          status: '401',
          detail: /bearer token is needed.* \[request [0-9a-f-]{36}\]$/,
        },
      },
      JSON.stringify(headers),
    );
  }
});

t.test('B13.04 a token that is wrong is 401 with invalid_token', async (t) => {
  for (const authorization of [
    `Bearer ${changed}`,
    'Bearer nonsense',
    `Bearer ${token} ${token}`,
    `Bearer ${token}x`,
    changed,
    'nonsense',
    `Bearer Bearer ${token}`,
  ]) {
    t.match(
      await ask({ authorization }),
      { status: 401, challenge: 'Bearer realm="rollcall", error="invalid_token"' },
      authorization,
    );
  }
});

t.test('B13.04 a token elsewhere than in Authorization is not read', async (t) => {
  t.match(await ask({}, `/scim/v2/Users?access_token=${token}`), {
    status: 401,
    challenge: 'Bearer realm="rollcall"',
  });
  const response = await server.inject({
    method: 'POST',
    url: '/scim/v2/Users',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `access_token=${token}`,
  });
  t.equal(response.statusCode, 401);
});

t.test('the scheme is read in any case (RFC 9110 §11.1)', async (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    t.equal((await ask({ authorization: `${scheme} ${token}` })).status, 200);
});

t.test('B13.04 two Authorization headers are invalid_request', async (t) => {
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = openSocket(port, '127.0.0.1');
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text));
    socket.write(
      `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
  });
  t.match(answer, /^HTTP\/1\.1 400 /);
  t.match(answer, /www-authenticate: Bearer realm="rollcall", error="invalid_request"/i);
});

t.test('authorization-without-scheme: the token alone is accepted, and that is told', async (t) => {
  app.observed.length = 0;
  t.equal((await ask({ authorization: token })).status, 200);
  t.match(app.observed, [{ kind: 'request', tolerances: ['authorization-without-scheme'], tenant: 'acme' }]);
  const strict = await app.addTenant('strict', 'strict');
  t.match(await ask({ authorization: strict.token }), {
    status: 401,
    body: { detail: /the word "Bearer" is missing/ },
  });
  t.equal((await ask({ authorization: `Bearer ${strict.token}` })).status, 200);
});

t.test(
  'B10.04 ServiceProviderConfig alone is read without a credential, and with a wrong one it is not',
  async (t) => {
    for (const url of [
      '/scim/v2/ServiceProviderConfig',
      '/scim/v2/ServiceProviderConfig/',
      '/scim/ServiceProviderConfig',
    ]) {
      t.match(await ask({}, url), { status: 200, body: { patch: { supported: true } } }, url);
    }
    t.match(await ask({ authorization: `Bearer ${changed}` }, '/scim/v2/ServiceProviderConfig'), {
      status: 401,
    });
    t.match(await ask({}, '/scim/v2/ServiceProviderConfig', 'POST'), { status: 401 });
    for (const url of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig/x', '/serviceproviderconfig']) {
      t.match(await ask({}, `/scim/v2${url}`), { status: 401 }, url);
    }
  },
);

t.test(
  'B13.10 a stranger learns nothing but 401: not what exists, what is allowed, or what is wrong with a body',
  async (t) => {
    for (const [method, url, headers] of [
      ['GET', '/nothing', {}],
      ['DELETE', '/Users', {}],
      ['GET', '/Users/1', {}],
      ['GET', '/Users', { accept: 'text/html' }],
      ['POST', '/Users', { 'content-type': 'text/xml' }],
      ['POST', '/Users', { 'content-type': 'application/json' }],
      ['POST', '/Bulk', {}],
      ['POST', '/.search', {}],
      ['GET', '/Me', {}],
      ['OPTIONS', '/Users', {}],
      ['GET', '', {}],
    ] as const) {
      const response = await server.inject({
        method,
        url: `/scim/v2${url}`,
        headers,
        ...(method === 'POST' && { payload: '{' }),
      });
      t.equal(response.statusCode, 401, `${method} ${url}`);
    }
    const response = await server.inject({
      method: 'POST',
      url: '/scim/v2/Users',
      headers: { 'content-type': 'application/json' },
      payload: 'x'.repeat(2_000_000),
    });
    t.equal(response.statusCode, 401, 'a body that is too large');
  },
);

t.test(
  'B13.03 a token ends when it expires, when it is revoked, and when its tenant is suspended',
  async (t) => {
    const other = await app.addTenant('ending');
    const authorization = `Bearer ${other.token}`;
    t.equal((await ask({ authorization })).status, 200);
    await app.store.tenants.update(other.tenant.id, { active: false });
    t.equal((await ask({ authorization })).status, 401, 'suspended');
    await app.store.tenants.update(other.tenant.id, { active: true });
    t.equal((await ask({ authorization })).status, 200);
    const [kept] = await app.store.tokens.list(other.tenant.id);
    await app.store.tokens.revoke(other.tenant.id, kept?.id ?? '', new Date());
    t.match(await ask({ authorization }), { status: 401, challenge: /invalid_token/ }, 'revoked');
    const late = await openApp(t, {}, { now: () => new Date(Date.now() + 7_200_000) });
    const response = await late.scim({ url: '/Users' });
    t.equal(response.statusCode, 401, 'expired');
  },
);

t.test('the tenant is that of the token, and no header or parameter says otherwise', async (t) => {
  const other = await app.addTenant('other');
  const created = await server.inject({
    method: 'POST',
    url: '/scim/v2/Users',
    headers: { authorization: `Bearer ${other.token}`, 'x-tenant': app.tenant.id },
    payload: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ann@example.com' },
  });
  t.equal(created.statusCode, 201);
  const { id } = created.json();
  t.equal((await app.scim({ url: `/Users/${id}?tenant=${other.tenant.id}` })).statusCode, 404);
});

t.test(
  'while the database is away a good token is 503 with Retry-After, and garbage still 401',
  async (t) => {
    const connection = await openConnection(t);
    const lost = await openApp(t, {}, { connection });
    await connection.close();
    const response = await lost.scim({ url: '/Users' });
    t.equal(response.statusCode, 503);
    t.equal(response.headers['retry-after'], '5');
    t.match(response.json(), { status: '503', detail: /database/ });
    const garbage = await lost.scim({ url: '/Users', headers: { authorization: 'Bearer nonsense' } });
    t.equal(garbage.statusCode, 401);
    t.equal((await lost.server.inject('/readyz')).statusCode, 503);
    t.equal((await lost.server.inject('/livez')).statusCode, 200);
  },
);

t.test('the admin API takes the admin token and nothing else', async (t) => {
  const admin = '/admin/v1/tenants';
  t.equal((await ask({ authorization: `Bearer ${ADMIN_TOKEN}` }, admin)).status, 200);
  for (const headers of [
    {},
    { authorization: 'Bearer ' },
    { authorization: ADMIN_TOKEN },
    { authorization: `Bearer ${ADMIN_TOKEN}x` },
    { authorization: `Bearer ${token}` },
    { authorization: `Basic ${ADMIN_TOKEN}` },
  ]) {
    t.match(await ask(headers, admin), {
      status: 401,
      challenge: /^Bearer realm="rollcall-admin"/,
      body: { status: '401' },
    });
    t.match(await ask(headers, '/admin/v1/nothing'), { status: 401 });
  }
  t.equal(
    (await ask({ authorization: `Bearer ${ADMIN_TOKEN}` })).status,
    401,
    'and the SCIM API does not take it',
  );
});
