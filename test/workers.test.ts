/** One server of several processes. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { cloneDatabase } from './support/database.ts';
import { run, startServer, temporaryFolder } from './support/program.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

function createUser(url: string, token: string | undefined, userName: string): Promise<Response> {
  return fetch(`${url}/scim/v2/Users`, {
    method: 'POST',
    // Each on a connection of its own, so that the workers take turns.
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/scim+json',
      connection: 'close',
    },
    body: JSON.stringify({ schemas: [USER], userName }),
  });
}

const linesOf = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Whom a process has started; only Linux says so without another program. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(/\s+/).map(Number);
}

t.test('workers share a port, a banner, an admin token, a log and what is counted', async (t) => {
  const server = await startServer(t, {
    DATABASE_URL: await cloneDatabase(t),
    DATA_DIR: temporaryFolder(t),
    WORKERS: '2',
    DATABASE_POOL_SIZE: '1000',
  });
  const { url, token } = server;
  t.equal(server.stdout().split('Rollcall is ready.').length, 2, 'one banner');
  t.match(
    server.stdout(),
    /up to 2002 database connections may be opened, and the database allows \d+: lower/,
    'and one warning',
  );
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => createUser(url, token, `user${n}@example.com`)),
  );
  t.ok(answers.every(({ status }) => status === 201));
  for (let n = 0; n < 4; n += 1) {
    const { status } = await fetch(`${url}/admin/v1/tenants`, {
      headers: { authorization: `Bearer ${server.adminToken}`, connection: 'close' },
    });
    t.equal(status, 200, 'every worker takes the admin token');
  }
  const measured = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const metrics = await measured();
  t.match(metrics, /^rollcall_http_requests_total\{operation="create User",status="2xx"\} 12$/m);
  t.match(metrics, /^rollcall_workers 2$/m);
  t.match(metrics, /^process_resident_memory_bytes\{worker="2"\} \d+$/m);
  while (linesOf(server.stdout()).filter(({ msg }) => msg === 'request').length < 16) await sleep(20);
  const workers = linesOf(server.stdout())
    .filter(({ operation }) => operation === 'create User')
    .map(({ worker }) => worker as number);
  t.same(
    [...new Set(workers)].toSorted((a, b) => a - b),
    [1, 2],
    'both have worked, and say so',
  );

  if (process.platform === 'linux') {
    const [first = 0, second = 0] = childrenOf(server.process.pid);
    process.kill(first, 'SIGKILL');
    while (!/"worker \d has ended/.test(server.stdout())) await sleep(20);
    t.match(
      linesOf(server.stdout()).find(({ msg }) => /has ended/.test(String(msg))),
      { level: 'error', msg: 'worker 1 has ended and is replaced in 250 ms', reason: 'SIGKILL' },
    );
    t.equal((await createUser(url, token, 'meanwhile')).status, 201, 'the other answers meanwhile');
    while (!/^rollcall_workers 2$/m.test(await measured())) await sleep(50);
    const after = await measured();
    t.match(after, /^rollcall_workers_replaced_total 1$/m);
    t.match(after, /operation="create User",status="2xx"\} 13$/m, 'what it has counted is counted on');
    t.ok(childrenOf(server.process.pid).includes(second));
  }
  t.equal(await server.stop(), 0);
  t.equal(linesOf(server.stdout()).filter(({ msg }) => msg === 'closed').length, 3);
  t.equal(server.stderr(), '');
});

t.test('workers that cannot start stop the start with one line', async (t) => {
  const embedded = run(t, 'main.js', [], { DATA_DIR: temporaryFolder(t), WORKERS: '2' });
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const PORT = String((taken.address() as AddressInfo).port);
  const env = { DATABASE_URL: await cloneDatabase(t), DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'warn' };
  const ousted = run(t, 'main.js', [], { ...env, PORT, WORKERS: '2' });
  t.same([await embedded.exit, await ousted.exit], [1, 1]);
  t.equal(embedded.stderr(), 'WORKERS=2 needs DATABASE_URL: the embedded database takes one process.\n');
  t.equal(
    ousted.stderr(),
    `Port ${PORT} on 127.0.0.1 is in use: stop what uses it, or set PORT to another.\n`,
  );
  t.equal(ousted.stdout(), '');
});
