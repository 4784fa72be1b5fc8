import { setTimeout as sleep } from 'node:timers/promises';
import { connect as openSocket, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { ADMIN_TOKEN, openApp, openConnection, type TestApp } from '../support/app.ts';

const app = await openApp(t, { bodyLimitBytes: 20_000 });
const { server, token } = app;
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** An error as every client reads it (RFC 7644 §3.12). */
function errorOf(status: number, scimType?: string) {
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/scim+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': /^[0-9a-f-]{36}$/,
    },
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType === undefined ? {} : { scimType }),
      detail: /^.{10,400} \[request [0-9a-f-]{36}\]$/,
    },
  };
}

async function ask(options: Parameters<TestApp['scim']>[0]) {
  const { statusCode, headers, body } = await app.scim(options);
  return { statusCode, headers, body: body === '' ? undefined : JSON.parse(body) };
}

t.test('B1.07 every refusal is a SCIM Error, whichever part refuses', async (t) => {
  t.match(await ask({ url: '/nothing' }), errorOf(404));
  t.match(
    await ask({ url: '/nothing', method: 'POST', headers: { 'content-type': 'text/xml' }, payload: '<a/>' }),
    errorOf(404),
  );
  t.match(
    await ask({ url: '/Users', method: 'PATCH', headers: { 'content-type': 'text/xml' }, payload: '<a/>' }),
    errorOf(405),
  );
  t.match(await ask({ url: '/Users', headers: { accept: 'text/html' } }), errorOf(406));
  t.match(await ask({ url: '/Users', method: 'POST', payload: { a: 'x'.repeat(30_000) } }), errorOf(413));
  t.match(
    await ask({ url: '/Users', method: 'POST', headers: { 'content-type': 'text/xml' }, payload: '<a/>' }),
    errorOf(415),
  );
  t.match(
    await ask({
      url: '/Users',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    }),
    errorOf(400, 'invalidSyntax'),
  );
  t.match(await ask({ url: '/Users/%zz' }), errorOf(400));
  t.match(await ask({ url: `/Users/${'x'.repeat(600)}` }), errorOf(414));
  t.match(await ask({ url: '/Users', method: 'PROPFIND' }), errorOf(501));
});

t.test('B1.07 outside the SCIM base URL too, without a credential', async (t) => {
  for (const [url, status, type] of [
    ['/', 404, undefined],
    ['/favicon.ico', 404, undefined],
    ['/scim/v1/Users', 400, 'invalidVers'],
    ['/scim/v3', 400, 'invalidVers'],
    ['/%', 400, undefined],
  ] as const) {
    const { statusCode, headers, body } = await server.inject(url);
    t.match({ statusCode, headers, body: JSON.parse(body) }, errorOf(status, type), url);
  }
});

t.test('the request id of the text is that of the header, and no client chooses it', async (t) => {
  const { headers, body } = await ask({
    url: '/nothing',
    headers: { 'x-request-id': 'mine', 'request-id': 'mine' },
  });
  t.ok(body.detail.endsWith(`[request ${String(headers['x-request-id'])}]`));
  t.match(headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'UUIDv7');
});

t.test('405 and OPTIONS tell what is allowed (RFC 9110 §15.5.6, B1.09)', async (t) => {
  const { id } = (
    await ask({ url: '/Users', method: 'POST', payload: { schemas: [USER], userName: 'options' } })
  ).body;
  for (const [url, allow] of [
    ['/Users', 'GET, POST, HEAD, OPTIONS'],
    [`/Users/${id}`, 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'],
    ['/Schemas', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const options = await ask({ url, method: 'OPTIONS' });
    t.match(options, { statusCode: 204, headers: { allow }, body: undefined }, url);
    t.equal(options.headers['content-type'], undefined);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const) {
      if (allow.split(', ').includes(method)) continue;
      t.match(await ask({ url, method }), { statusCode: 405, headers: { allow } }, `${method} ${url}`);
    }
  }
});

t.test('B1.09 HEAD is GET without the body', async (t) => {
  const get = await ask({ url: '/Users' });
  const head = await ask({ url: '/Users', method: 'HEAD' });
  t.equal(head.body, undefined);
  t.match(head, {
    statusCode: 200,
    headers: { 'content-type': get.headers['content-type'], 'content-length': get.headers['content-length'] },
  });
});

t.test(
  'quirk 55 slashes too many, a flag in the base URL and a missing version lead to the same place',
  async (t) => {
    for (const url of [
      '/scim/v2/Users/',
      '/scim/v2//Users',
      '//scim/v2/Users',
      '/scim/v2/?aadOptscim062020/Users?count=0',
      '/scim/Users',
      '/scim/v2/Users?&',
    ]) {
      const response = await server.inject({ url, headers: { authorization: `Bearer ${token}` } });
      t.match(response.json(), { totalResults: Number }, url);
    }
    app.observed.length = 0;
    await server.inject({
      url: '/scim/v2/?aadOptscim062020/Users',
      headers: { authorization: `Bearer ${token}` },
    });
    t.match(app.observed, [{ tolerances: ['base-url-variant'], path: '/scim/v2/Users' }]);
  },
);

t.test('B1.03 the type of an answer is the one asked for, and 204 has none', async (t) => {
  t.equal((await ask({ url: '/Users' })).headers['content-type'], 'application/scim+json; charset=utf-8');
  t.equal(
    (await ask({ url: '/Users', headers: { accept: 'application/json' } })).headers['content-type'],
    'application/json; charset=utf-8',
  );
  const { id } = (
    await ask({ url: '/Users', method: 'POST', payload: { schemas: [USER], userName: 'gone' } })
  ).body;
  const { statusCode, headers } = await ask({
    url: `/Users/${id}`,
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
  });
  t.equal(statusCode, 204);
  t.equal(headers['content-type'], undefined);
});

t.test('B1.09 B15.04 answers are not cached and tell no referrer', async (t) => {
  t.match((await ask({ url: '/Users' })).headers, {
    'cache-control': 'no-store',
    vary: 'Authorization, Accept',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
});

t.test('B15.04 what is told of a request holds no query, token or value', async (t) => {
  app.observed.length = 0;
  await ask({ url: '/Users?filter=userName%20eq%20%22ann@example.com%22' });
  await ask({
    url: '/Users',
    method: 'POST',
    payload: { schemas: [USER], userName: 'bob@example.com', password: 'hunter2' },
  });
  await ask({ url: '/Users', method: 'POST', payload: { schemas: [USER], userName: 'bob@example.com' } });
  t.equal(app.observed.length, 3);
  t.match(app.observed[0], {
    kind: 'request',
    tenant: 'acme',
    status: 200,
    path: '/scim/v2/Users',
    client: 'lightMyRequest',
  });
  t.match(app.observed[2], { status: 409, scimType: 'uniqueness', operation: 'create User' });
  t.notMatch(JSON.stringify(app.observed), /example\.com|hunter2|rc_/);
});

t.test('a fault of the server is 500 without a stack, and the stack is told to the observer', async (t) => {
  const failing = await openApp(t);
  // The one way to make every part fail at its own work: the table is gone.
  await failing.connection.pool.query('drop table rollcall_data.resources cascade');
  const { statusCode, headers, body } = await failing.scim({ url: '/Users' });
  t.match({ statusCode, headers, body: JSON.parse(body) }, errorOf(500));
  t.notMatch(body, /rollcall_data|select|at .*\.js/i);
  t.match(failing.observed.at(-1), { status: 500, error: { message: /resources/, stack: String } });
});

t.test(
  'the provisioning log keeps refusals too, with what was sent and without what is secret',
  async (t) => {
    const other = await openApp(t);
    await other.scim({
      url: '/Users',
      method: 'POST',
      payload: { schemas: [USER], userName: 'cy', password: 'hunter2' },
    });
    await other.scim({ url: '/Users', method: 'POST', payload: { schemas: [USER], userName: 'cy' } });
    await other.scim({
      url: '/Users?filter=userName%20eq%20%22cy%22',
      headers: { 'user-agent': 'Okta SCIM Client 1.0.0' },
    });
    await other.scim({ url: '/nothing' });
    await other.server.inject('/scim/v2/Users');
    await other.server.close();
    const again = await openApp(t, {}, { connection: other.connection }).catch(() => undefined);
    t.equal(again, undefined, 'the tenant acme is there already');
    const { rows } = await other.connection.pool.query(
      'select * from rollcall_data.exchanges order by at, request_id',
    );
    t.match(rows, [
      {
        method: 'POST',
        path: '/scim/v2/Users',
        status: 201,
        operation: 'create User',
        request: { userName: 'cy' },
      },
      { method: 'POST', status: 409, scim_type: 'uniqueness', detail: /cy/ },
      { method: 'GET', path: '/scim/v2/Users', status: 200, client: 'Okta SCIM Client 1.0.0' },
      { path: '/scim/v2/nothing', status: 404 },
    ]);
    t.equal(rows.length, 4, 'and none of a request without a tenant');
    t.notMatch(JSON.stringify(rows), /hunter2|userName eq/);
  },
);

t.test(
  'PUBLIC_URL, or the address of the request, is in every location; a proxy is believed by address',
  async (t) => {
    const payload = { schemas: [USER], userName: 'dee' };
    const create = async (asked: TestApp) =>
      (
        await asked.scim({
          url: '/Users',
          method: 'POST',
          payload,
          headers: {
            host: 'scim.example.com',
            'x-forwarded-proto': 'https',
            'x-forwarded-host': 'evil.example.com',
          },
        })
      ).headers.location;
    t.match(await create(await openApp(t)), /^http:\/\/scim\.example\.com\/scim\/v2\/Users\//);
    t.match(
      await create(await openApp(t, { publicUrl: 'https://id.example.com' })),
      /^https:\/\/id\.example\.com\/scim\/v2\/Users\//,
    );
    t.match(
      await create(await openApp(t, { trustProxy: ['127.0.0.0/8'] })),
      /^https:\/\/evil\.example\.com\/scim\/v2\/Users\//,
    );
    t.match(await create(await openApp(t, { trustProxy: ['10.0.0.0/8'] })), /^http:\/\/scim\.example\.com\//);
  },
);

t.test('health: the process lives, the database is reachable and migrated', async (t) => {
  t.match(await server.inject('/livez'), { statusCode: 200, body: '{"status":"ok"}' });
  t.match(await server.inject('/readyz'), { statusCode: 200, body: '{"status":"ok"}' });
  t.match(await server.inject({ url: '/readyz', method: 'POST' }), {
    statusCode: 405,
    headers: { allow: 'GET, HEAD, OPTIONS' },
  });
  const connection = await openConnection(t);
  const behind = await openApp(t, {}, { connection });
  await connection.pool.query(
    `delete from rollcall_data.migrations where version = (select max(version) from rollcall_data.migrations)`,
  );
  t.match(await behind.server.inject('/readyz'), { statusCode: 503, body: /the database lacks 0\d+_/ });
});

t.test('health: a server stays ready while a newer one is rolled out and has migrated already', async (t) => {
  const older = await openApp(t);
  await older.connection.pool.query(
    `insert into rollcall_data.migrations (version, name, checksum)
     select max(version) + 1, 'later', 'x' from rollcall_data.migrations`,
  );
  t.match(await older.server.inject('/readyz'), { statusCode: 200 });
  await older.connection.pool.query(`update rollcall_data.migrations set checksum = 'x' where version = 1`);
  t.match(await older.server.inject('/readyz'), { statusCode: 503, body: /is not what was applied/ });
});

t.test('health: a database that does not answer is told within two seconds or so', async (t) => {
  const connection = await openConnection(t);
  const stuck = await openApp(t, {}, { connection });
  const clients = await Promise.all([1, 2, 3, 4].map(() => connection.pool.connect()));
  const response = await stuck.server.inject('/readyz');
  for (const client of clients) client.release();
  t.match(response, { statusCode: 503, body: /does not answer in time/ });
});

/** What a socket answers to a text, until it is closed. */
async function send(
  port: number,
  text: string,
  whileOpen?: (socket: Socket) => Promise<void>,
): Promise<string> {
  const socket = openSocket(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write(text);
  await whileOpen?.(socket);
  await closed;
  return answer;
}

async function listen(opened: TestApp): Promise<number> {
  await opened.server.listen({ port: 0, host: '127.0.0.1' });
  return (opened.server.server.address() as AddressInfo).port;
}

t.test('B1.07 what is not HTTP, or too long, is answered in SCIM form at the socket', async (t) => {
  const port = await listen(app);
  for (const [text, status] of [
    ['nonsense\r\n\r\n', '400 Bad Request'],
    [
      `GET /scim/v2/Users?filter=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    ['GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request'],
  ] as const) {
    const answer = await send(port, text);
    t.ok(answer.startsWith(`HTTP/1.1 ${status}\r\n`), status);
    t.match(answer, /\r\ncontent-type: application\/scim\+json; charset=utf-8\r\n/i);
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    t.match(body, { schemas: [/Error$/], status: status.slice(0, 3), detail: /\[request / });
  }
});

const listUsers = (port: number, bearer: string) =>
  send(port, `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\n\r\n`);

/** Makes requests wait until it is called. */
async function hold({ connection }: TestApp): Promise<() => void> {
  const clients = await Promise.all([1, 2, 3, 4].map(() => connection.pool.connect()));
  return () => {
    for (const client of clients) client.release();
  };
}

t.test('a request whose client has gone is told all the same', async (t) => {
  const left = await openApp(t);
  const port = await listen(left);
  const release = await hold(left);
  await send(
    port,
    `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${left.token}\r\n\r\n`,
    async (socket) => {
      await sleep(100);
      socket.destroy();
    },
  );
  release();
  for (let tries = 0; tries < 50 && left.observed.length === 0; tries += 1) await sleep(20);
  t.match(left.observed, [{ kind: 'request', path: '/scim/v2/Users' }]);
});

t.test('closing answers what is under way, then ends at once, whatever else is connected', async (t) => {
  const closing = await openApp(t);
  const port = await listen(closing);
  const silent = openSocket(port, '127.0.0.1').on('error', () => undefined);
  const idle = openSocket(port, '127.0.0.1').on('error', () => undefined);
  idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => idle.once('data', resolve));
  const release = await hold(closing);
  const underWay = listUsers(port, closing.token);
  await sleep(100);
  const closed = closing.server.close();
  await sleep(400);
  t.equal(silent.destroyed, false, 'nobody is cut off while something is under way');
  release();
  const answer = await underWay;
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  t.match(answer, /\r\nconnection: close\r\n/i);
  await closed;
});

t.test('closing with nothing under way waits for nobody', async (t) => {
  const closing = await openApp(t);
  const port = await listen(closing);
  const silent = openSocket(port, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => silent.once('connect', resolve));
  await closing.server.close();
});

t.test('the admin API answers in JSON and refuses in SCIM form', async (t) => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const { statusCode, headers: sent, body } = await server.inject({ url: '/admin/v1/nothing', headers });
  t.match({ statusCode, headers: sent, body: JSON.parse(body) }, errorOf(404));
  t.match((await app.admin('GET', '/tenants')).headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
});
