import t from 'tap';
import { openApp } from '../support/app.ts';
import { type Answer, clientOf, type Method, refused, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const SCIM = 'application/scim+json; charset=utf-8';

t.test('B1.03 the type of an answer is what is accepted, SCIM first, and 406 is a SCIM Error', async (t) => {
  const accepted: Record<string, string> = {
    'application/scim+json': SCIM,
    'application/json': 'application/json; charset=utf-8',
    '*/*': SCIM,
    'application/*': SCIM,
    'application/json;q=0.5, application/scim+json': SCIM,
    'text/html, application/json;q=0.9': 'application/json; charset=utf-8',
  };
  for (const [accept, type] of Object.entries(accepted)) {
    const answer = await client.get('/Users', { accept });
    t.same([answer.status, answer.headers['content-type']], [200, type], accept);
  }
  t.equal((await client.get('/Users')).headers['content-type'], SCIM, 'without Accept');
  for (const accept of ['text/html', 'application/xml', 'application/scim+json;q=0']) {
    t.equal(refused(await client.get('/Users', { accept }), 406), '', accept);
  }
  const error = await client.get('/Users/none', { accept: 'application/json' });
  t.equal(refused(error, 404), '', 'an error is always SCIM');
  t.equal(refused(await client.get('/Users.scim'), 404), '');
});

t.test(
  'B1.04 a body is SCIM or JSON in UTF-8; without a type it is taken for SCIM, and refused in strict mode',
  async (t) => {
    const body = JSON.stringify(userOf('typed'));
    const ask = (type: string, one = client): Promise<Answer> =>
      one.post('/Users?attributes=id', body, { 'content-type': type });
    for (const type of [
      'application/scim+json',
      'application/json',
      'application/scim+json; charset=utf-8',
      'APPLICATION/JSON;charset="UTF-8"',
    ]) {
      const answer = await ask(type);
      t.match(answer.status, /^(201|409)$/, type);
    }
    for (const type of [
      'text/xml',
      'application/xml',
      'application/json; charset=latin1',
      'multipart/form-data',
    ]) {
      t.equal(refused(await ask(type), 415), '', type);
    }
    for (const [{ token }, expected] of [
      [client, /^(201|409)$/],
      [strict, /^415$/],
    ] as const) {
      const request = { method: 'POST', url: '/scim/v2/Users', payload: body } as const;
      const { statusCode } = await app.server.inject({
        ...request,
        headers: { authorization: `Bearer ${token}` },
      });
      t.match(statusCode, expected, 'without a type');
    }
  },
);

t.test('B1.07 B1.08 B1.09 B1a each endpoint takes its methods, and 405 tells which', async (t) => {
  const user = await client.user('matrix');
  const item = `/Users/${user['id'] as string}`;
  const matrix: [url: string, allowed: Method[]][] = [
    ['/Users', ['GET', 'POST']],
    ['/Groups', ['GET', 'POST']],
    [item, ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['/ServiceProviderConfig', ['GET']],
    ['/Schemas', ['GET']],
    ['/ResourceTypes', ['GET']],
    ['/ResourceTypes/User', ['GET']],
  ];
  for (const [url, allowed] of matrix) {
    const allow = [...allowed, 'HEAD', 'OPTIONS'].join(', ');
    for (const method of (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
      (one) => !allowed.includes(one),
    )) {
      const answer = await client.send(method, url, method === 'DELETE' || method === 'GET' ? undefined : {});
      t.equal(refused(answer, 405), '', `${method} ${url}`);
      t.equal(answer.headers['allow'], allow, `${method} ${url}`);
    }
    const options = await client.send('OPTIONS', url);
    t.same([options.status, options.headers['allow'], options.text], [204, allow, ''], url);
    const [get, head] = [await client.get(url), await client.send('HEAD', url)];
    t.same([head.status, head.text, head.headers['etag']], [get.status, '', get.headers['etag']], url);
  }
});

t.test('B1.08 the endpoints of searches and bulk requests are there', async (t) => {
  for (const url of ['/.search', '/Users/.search', '/Groups/.search', '/Bulk']) {
    t.equal(refused(await client.post(url, {}, { 'content-type': 'text/xml' }), 415), '', url);
    const answer = await client.get(url);
    t.equal(answer.status, 405, url);
    t.match(answer.headers['allow'], /\bPOST\b/, url);
  }
});

t.test(
  'B1.08 B1.10 what does not exist is 404, nothing is redirected, and a trailing slash changes nothing',
  async (t) => {
    for (const url of ['/users', '/USERS', '/User', '/Nothing', '/Users/a/b', '/Schema']) {
      t.equal(refused(await client.get(url), 404), '', url);
    }
    const user = await client.user('slashed');
    for (const url of ['/Users', `/Users/${user['id'] as string}`, '/Schemas', '/ServiceProviderConfig']) {
      const [plain, slashed] = [await client.get(url), await client.get(`${url}/`)];
      t.equal(slashed.status, 200, url);
      t.same(slashed.body, plain.body, url);
    }
    t.equal((await client.post('/Users/', userOf('slashed-2'))).status, 201);
  },
);

t.test('B1.02 D4-49 another version is invalidVers, and none means v2', async (t) => {
  const { server, token } = app;
  const headers = { authorization: `Bearer ${token}` };
  for (const version of ['v1', 'v3', 'v2.1']) {
    const { statusCode, body } = await server.inject({ url: `/scim/${version}/Users`, headers });
    t.match([statusCode, JSON.parse(body)], [400, { status: '400', scimType: 'invalidVers' }], version);
  }
  t.equal((await server.inject({ url: '/scim/Users', headers })).statusCode, 200);
});

t.test('B1.09 B15.04 B15.06 answers are private, and bodies have a limit', async (t) => {
  const { body } = await client.post('/Users', userOf('private'));
  for (const url of ['/Users', `/Users/${body['id'] as string}`, '/Users/none', '/Nothing']) {
    const { headers } = await client.get(url);
    t.equal(headers['cache-control'], 'no-store', url);
    t.equal(headers['referrer-policy'], 'no-referrer', url);
    t.equal(headers['vary'], 'Authorization, Accept', url);
  }
  const large = await client.post('/Users', userOf('large', { title: 'x'.repeat(1_100_000) }));
  t.equal(refused(large, 413), '');
  t.match(large.body['detail'], /1048576/);
  const deep = `{"schemas":[],"a":${'['.repeat(40)}${']'.repeat(40)}}`;
  t.equal(refused(await client.post('/Users', deep), 400, 'invalidSyntax'), '');
});

t.test('B1.05 an address is decoded once', async (t) => {
  const user = await client.user('encoded');
  const encoded = String(user['id']).replace(/-/g, '%2D');
  t.equal((await client.get(`/Users/${encoded}`)).status, 200);
  t.equal(
    refused(await client.get(`/Users/${String(user['id']).replace(/-/g, '%252D')}`), 404),
    '',
    'not twice',
  );
  t.equal((await client.get('/Users/%zz')).status, 400);
});

t.test('B9.01 B9.02 D4-49 B12.01 /Me is 501 for every method', async (t) => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await client.send(method, '/Me', method === 'GET' || method === 'DELETE' ? undefined : {});
    t.equal(refused(answer, 501), '', method);
  }
});
