import fastify, { type FastifyInstance } from 'fastify';
import t from 'tap';
import { readBodies } from '../../src/http/body.ts';
import { handleErrors } from '../../src/http/errors.ts';
import { trackExchanges } from '../../src/http/exchange.ts';
import { readJson } from '../../src/http/readJson.ts';

const LIMIT = 4096;

function createEcho(): FastifyInstance {
  const server = fastify({ bodyLimit: LIMIT });
  trackExchanges(server, { observe: () => undefined, record: () => undefined, now: () => new Date() });
  handleErrors(server, { bodyLimitBytes: LIMIT, translate: (thrown) => thrown });
  readBodies(server);
  server.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/echo',
    handler: (request) => ({ body: request.body ?? 'none', tolerances: request.exchange.tolerances }),
  });
  return server;
}

type Sent = { method?: 'GET' | 'POST' | 'DELETE'; type?: string; body?: string | Buffer; headers?: object };

const server = createEcho();
t.teardown(() => server.close());

async function send({ method = 'POST', type, body, headers = {} }: Sent) {
  const response = await server.inject({
    method,
    url: '/echo',
    headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
    // A buffer, because a type is put to a text that has none.
    ...(body === undefined ? {} : { payload: Buffer.from(body) }),
  });
  return { ...response.json(), status: response.statusCode };
}

t.test('B1.04 SCIM, JSON and text/json are read, with charset utf-8 or none', async (t) => {
  for (const type of [
    'application/scim+json',
    'application/json',
    'text/json',
    'application/scim+json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'Application/SCIM+JSON; profile=x',
  ]) {
    t.match(await send({ type, body: '{"a":"ü"}' }), { status: 200, body: { a: 'ü' }, tolerances: [] }, type);
  }
});

t.test('B1.04 another type, another charset and an encoding are 415', async (t) => {
  for (const type of [
    'text/xml',
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json; charset=latin1',
  ]) {
    const { status, detail } = await send({ type, body: '{}' });
    t.equal(status, 415, type);
    t.match(detail, /application\/scim\+json/, 'says what to send');
  }
  t.match(await send({ type: 'application/json', body: '{}', headers: { 'content-encoding': 'gzip' } }), {
    status: 415,
  });
});

t.test('B1.04 a body without a type is taken for SCIM, as a named tolerance', async (t) => {
  t.match(await send({ body: '{"a":1}' }), {
    status: 200,
    body: { a: 1 },
    tolerances: ['content-type-missing'],
  });
});

t.test('a request without a body has none, whatever its Content-Type says (quirk 48)', async (t) => {
  for (const method of ['GET', 'DELETE', 'POST'] as const) {
    for (const type of ['application/json', 'application/scim+json', 'text/xml', 'nonsense', '']) {
      t.match(await send({ method, type }), { status: 200, body: 'none' }, `${method} ${type}`);
    }
  }
});

t.test('B1.09 a body above the limit is 413 and the limit is named', async (t) => {
  const { status, detail } = await send({
    type: 'application/json',
    body: JSON.stringify('x'.repeat(LIMIT)),
  });
  t.equal(status, 413);
  t.match(detail, /4096 bytes/);
});

t.test('B12.01 a body that is not JSON is invalidSyntax, and nothing of it is repeated', async (t) => {
  for (const body of [
    'hunter2',
    '{"password":"hunter2',
    '{"a":hunter2}',
    '["hunter2" "hunter2"]',
    '{"a":1}hunter2',
    '"hunter2\n"',
  ]) {
    const answer = await send({ type: 'application/json', body });
    t.match(
      answer,
      { status: 400, scimType: 'invalidSyntax', detail: /^The body is not valid JSON: / },
      body,
    );
    t.notMatch(answer.detail, /hunter2/);
  }
});

t.test('invalid UTF-8 is refused instead of stored as question marks', async (t) => {
  const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  t.match(await send({ type: 'application/json', body }), {
    status: 400,
    scimType: 'invalidSyntax',
    detail: /UTF-8/,
  });
});

function refusalOf(text: string): string | undefined {
  try {
    readJson(Buffer.from(text));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('B1.09 a key twice in one object is refused', async (t) => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"active":true,"active":false}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"b":1,"c":{"d":[1]},"b":2}}',
    '[{"a":1,"b":["x","a"],"a":2}]',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
    '{"a": "}" , "a" : 1}',
  ]) {
    t.match(refusalOf(text), /twice in one object/, text);
  }
  for (const text of [
    '{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"a"}',
    '["a","a"]',
    '{"a":"b","b":"a"}',
    '{"a":"\\\\","b":"\\"a\\":"}',
    '{"A":1,"a":2}',
  ]) {
    t.equal(refusalOf(text), undefined, text);
  }
});

t.test(
  'keys that reach for the prototype are refused, and words of that name elsewhere are not',
  async (t) => {
    for (const text of [
      '{"__proto__":{"admin":true}}',
      '{"a":[{"\\u005f_proto__":1}]}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"a":{"constructor":{"x":1,"prototype":1}}}',
    ]) {
      t.match(refusalOf(text), /is not accepted/, text);
    }
    for (const text of [
      '{"constructor":"Ann","prototype":1}',
      '{"a":"__proto__"}',
      '{"constructor":{"x":{"prototype":1}}}',
    ]) {
      t.equal(refusalOf(text), undefined, text);
    }
    t.equal(({} as Record<string, unknown>)['admin'], undefined);
  },
);

t.test('B15.06 32 levels are read and 33 are not, however many there are', async (t) => {
  t.equal(refusalOf('['.repeat(32) + ']'.repeat(32)), undefined);
  t.equal(refusalOf('{"a":'.repeat(32) + '1' + '}'.repeat(32)), undefined);
  t.match(refusalOf('['.repeat(33) + ']'.repeat(33)), /32 levels/);
  t.match(refusalOf('['.repeat(1_000_000) + ']'.repeat(1_000_000)), /32 levels/);
});

// What takes more than linear time on these takes longer than the test may run.
t.test('B15.06 reading grows with the body, not faster', async (t) => {
  for (const [name, text] of [
    ['escaped quotes', `["${'\\"'.repeat(500_000)}"]`],
    ['backslashes', `["${'\\\\'.repeat(500_000)}"]`],
    [
      'members',
      JSON.stringify({
        members: Array.from({ length: 20_000 }, (_, n) => ({ value: `id-${n}`, type: 'User' })),
      }),
    ],
    ['keys', JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`key${n}`, n])))],
  ] as const) {
    t.ok(readJson(Buffer.from(text)), name);
  }
});
