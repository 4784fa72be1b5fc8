import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { cloneDatabase } from './support/database.ts';
import { freePort, run, startServer, temporaryFolder } from './support/program.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

async function createUser(url: string, token: string | undefined, userName: string): Promise<number> {
  const response = await fetch(`${url}/scim/v2/Users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: [USER], userName }),
  });
  return response.status;
}

async function countUsers(url: string, token: string | undefined): Promise<number> {
  const response = await fetch(`${url}/scim/v2/Users`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { totalResults: number }).totalResults;
}

t.test(
  'the first start prints a base URL, a token and a curl line that works; later starts print no token',
  async (t) => {
    const env = { DATABASE_URL: await cloneDatabase(t), DATA_DIR: temporaryFolder(t) };
    const first = await startServer(t, env);
    t.match(first.stdout(), `SCIM base URL  ${first.url}/scim/v2\n`);
    t.match(first.token, /^rc_\w{49}$/);
    const [, header, address] = /curl -H "Authorization: (.*?)" "(.*?)"/.exec(first.stdout()) ?? [];
    const tried = await fetch(address ?? '', { headers: { authorization: header ?? '' } });
    t.match(await tried.json(), { totalResults: 0, Resources: [] });
    t.equal(await createUser(first.url, first.token, 'ann@example.com'), 201);
    t.equal(await first.stop(), 0);
    t.equal(
      first.stdout().split(first.token ?? '').length,
      3,
      'the token is there twice: by itself and in the curl line',
    );

    const file = join(env.DATA_DIR, 'admin-token');
    t.equal(readFileSync(file, 'utf8').trim(), first.adminToken);
    t.equal(statSync(file).mode & 0o777, 0o600);

    const second = await startServer(t, env);
    t.match(second.stdout(), `SCIM base URL  ${second.url}/scim/v2\n`);
    t.match(second.stdout(), /token create default --name okta/, 'says how to make another');
    t.same([second.token, second.adminToken], [undefined, undefined]);
    t.notMatch(second.stdout(), first.adminToken ?? '');
    t.equal(await countUsers(second.url, first.token), 1, 'what was there is there');
    const tenants = await fetch(`${second.url}/admin/v1/tenants`, {
      headers: { authorization: `Bearer ${first.adminToken}` },
    });
    t.match(await tenants.json(), { tenants: [{ slug: 'default' }] });
    t.equal(await second.stop(), 0);
  },
);

t.test('the log is JSON lines, and metrics count what was asked', async (t) => {
  const server = await startServer(t, {
    DATABASE_URL: await cloneDatabase(t),
    DATA_DIR: temporaryFolder(t),
    PUBLIC_URL: 'https://id.example.com/',
  });
  t.match(server.stdout(), 'SCIM base URL  https://id.example.com/scim/v2\n');
  await createUser(server.url, server.token, 'ann@example.com');
  await fetch(`${server.url}/scim/v2/Users?filter=userName+eq+"ann@example.com"`, {
    headers: { authorization: server.token ?? '' },
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  t.match(metrics, /^rollcall_http_requests_total\{operation="create User",status="2xx"\} 1$/m);
  t.match(metrics, /^rollcall_tolerances_total\{name="authorization-without-scheme"\} 1$/m);
  t.match(metrics, /^rollcall_database_connections\{state="idle"\} [1-9]/m);
  await server.stop();
  const lines = server
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  t.match(
    lines.filter(({ msg }) => msg === 'request'),
    [
      { level: 'info', tenant: 'default', operation: 'create User', status: 201 },
      { operation: 'list User', path: '/scim/v2/Users', tolerances: ['authorization-without-scheme'] },
    ],
  );
  t.match(
    lines.map(({ msg }) => msg),
    [/database/, /^listening/, 'request', 'request', /SIGTERM/, 'closed'].slice(-5),
  );
  t.notMatch(JSON.stringify(lines), /ann@example\.com|rc_/);
});

t.test('SIGTERM ends the server at once while keep-alive connections are open', async (t) => {
  const server = await startServer(t, { DATABASE_URL: await cloneDatabase(t), DATA_DIR: temporaryFolder(t) });
  const port = Number(new URL(server.url).port);
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  for (const socket of sockets) socket.on('error', () => undefined);
  sockets[0]?.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n');
  await new Promise((resolve) => sockets[0]?.once('data', resolve));
  t.equal(await server.stop(), 0);
});

t.test('a request that takes longer than the grace does not keep the server from ending', async (t) => {
  const DATABASE_URL = await cloneDatabase(t);
  const env = { DATABASE_URL, DATA_DIR: temporaryFolder(t), SHUTDOWN_GRACE_SECONDS: '1' };
  const server = await startServer(t, env);
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  t.teardown(() => client.end());
  await client.query('begin; lock table rollcall_data.resources in access exclusive mode');
  const stuck = createUser(server.url, server.token, 'ann@example.com').catch(() => 'cut off');
  await sleep(200);
  t.equal(await server.stop(), 1);
  t.equal(await stuck, 'cut off');
  t.match(server.stdout(), /SHUTDOWN_GRACE_SECONDS/);
});

t.test('a server that waits for its database stops when told', async (t) => {
  const program = run(t, 'main.js', [], {
    DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/x`,
    DATA_DIR: temporaryFolder(t),
  });
  while (!program.stdout().includes('waiting for the database')) await sleep(20);
  program.process.kill('SIGTERM');
  t.equal(await program.exit, 0);
});

t.test('two servers that start at once on an empty database make one token', async (t) => {
  const env = { DATABASE_URL: await cloneDatabase(t) };
  const servers = await Promise.all(
    [1, 2, 3].map(() => startServer(t, { ...env, DATA_DIR: temporaryFolder(t) })),
  );
  const tokens = servers.map(({ token }) => token).filter((token) => token !== undefined);
  t.equal(tokens.length, 1);
  for (const { url } of servers)
    t.equal(await countUsers(url, tokens[0]), 0, 'which every one of them takes');
  await Promise.all(servers.map((server) => server.stop()));
});

t.test('two servers that start at once with one DATA_DIR make one admin token', async (t) => {
  const env = { DATABASE_URL: await cloneDatabase(t), DATA_DIR: temporaryFolder(t) };
  const servers = await Promise.all([1, 2, 3].map(() => startServer(t, env)));
  const tokens = servers.map(({ adminToken }) => adminToken).filter((token) => token !== undefined);
  t.equal(tokens.length, 1);
  for (const { url } of servers) {
    const response = await fetch(`${url}/admin/v1/tenants`, {
      headers: { authorization: `Bearer ${tokens[0]}` },
    });
    t.equal(response.status, 200);
  }
  await Promise.all(servers.map((server) => server.stop()));
});

t.test(
  'an admin token that is given is not printed; where none can be kept, each start prints its own',
  async (t) => {
    const DATABASE_URL = await cloneDatabase(t);
    const given = await startServer(t, {
      DATABASE_URL,
      DATA_DIR: temporaryFolder(t),
      ADMIN_TOKEN: 'given-by-the-operator',
    });
    t.equal(given.adminToken, undefined);
    t.notMatch(given.stdout(), /given-by-the-operator/);
    await given.stop();
    // Root may write anywhere; nobody can make a folder inside a file.
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    const env = { DATABASE_URL, DATA_DIR: join(file, 'data') };
    const [one, other] = [await startServer(t, env), await startServer(t, env)];
    t.match(one.stdout(), /until the next start: DATA_DIR cannot be written, so set ADMIN_TOKEN/);
    t.ok(one.adminToken && other.adminToken && one.adminToken !== other.adminToken);
    await Promise.all([one.stop(), other.stop()]);
  },
);

t.test('bad configuration stops the start with one line each', async (t) => {
  const program = run(t, 'main.js', [], { PORT: 'abc', LOG_LEVEL: 'loud', ADMIN_TOKEN: 'short' });
  t.equal(await program.exit, 1);
  t.same(program.stderr().trim().split('\n'), [
    'PORT must be a whole number from 1 to 65535, not "abc"',
    'ADMIN_TOKEN must be at least 16 characters long, without spaces and accents',
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    'docs/configuration.md describes every variable.',
  ]);
  t.equal(program.stdout(), '');
});

t.test('a port that is in use stops the start with one line, and no token is made for nobody', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const PORT = String((taken.address() as AddressInfo).port);
  const env = { DATABASE_URL: await cloneDatabase(t), DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'warn' };
  const program = run(t, 'main.js', [], { ...env, PORT });
  t.equal(await program.exit, 1);
  t.equal(
    program.stderr(),
    `Port ${PORT} on 127.0.0.1 is in use: stop what uses it, or set PORT to another.\n`,
  );
  t.equal(program.stdout(), '');
  const next = await startServer(t, env);
  t.ok(next.token, 'the next start is still the first');
  await next.stop();
});

t.test('a database that refuses stops the start with one line', async (t) => {
  const url = new URL(await cloneDatabase(t));
  url.pathname = '/rollcall_that_is_not_there';
  const program = run(t, 'main.js', [], { DATABASE_URL: url.href, DATA_DIR: temporaryFolder(t) });
  t.equal(await program.exit, 1);
  t.match(
    program.stderr(),
    /^The database cannot be used: database "rollcall_that_is_not_there" does not exist\n$/,
  );
});

t.test('a database that is not there yet is waited for', async (t) => {
  const target = new URL(await cloneDatabase(t));
  const port = await freePort();
  const through = new URL(target);
  through.host = `127.0.0.1:${port}`;
  through.searchParams.delete('host');
  let output = (): string => '';
  const starting = startServer(t, { DATABASE_URL: through.href, DATA_DIR: temporaryFolder(t) }, (program) => {
    output = () => program.stdout();
  });
  while (!/"level":"warn".*waiting for the database/.test(output())) await sleep(20);
  const proxy = createServer((socket) => {
    const socketPath = target.searchParams.get('host');
    const upstream = socketPath
      ? connect(join(socketPath, `.s.PGSQL.${target.port || 5432}`))
      : connect(Number(target.port || 5432), target.hostname);
    for (const side of [socket, upstream]) side.on('error', () => undefined);
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
  const server = await starting;
  t.equal(await countUsers(server.url, server.token), 0);
  await server.stop();
  proxy.close();
});

t.test(
  'without DATABASE_URL there is a database in DATA_DIR, for one process, that survives a restart',
  async (t) => {
    const env = { DATA_DIR: join(temporaryFolder(t), 'deep', 'data') };
    const first = await startServer(t, env);
    t.match(first.stdout(), /which is for trying out/);
    t.equal(await createUser(first.url, first.token, 'ann@example.com'), 201);
    const intruder = run(t, 'main.js', [], { ...env, PORT: String(await freePort()) });
    t.equal(await intruder.exit, 1);
    t.match(intruder.stderr(), /^\S+ is in use by process \d+.* Stop that one first.*\n$/);
    t.equal(await first.stop(), 0);
    const second = await startServer(t, env);
    t.equal(second.token, undefined);
    t.equal(await countUsers(second.url, first.token), 1);
    t.equal(await second.stop(), 0);
  },
);
