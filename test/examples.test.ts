import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { makeApplicationRole } from '../src/store/applicationRole.ts';
import { connect } from '../src/store/connect.ts';
import { openApp } from './support/app.ts';
import { cloneDatabase } from './support/database.ts';
import { projectRoot } from './support/project.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const databaseUrl = await cloneDatabase(t);
const connection = connect({
  databaseUrl,
  poolSize: 4,
  prepare: true,
  statementTimeoutMs: 30_000,
  applicationName: 'test',
  onIdleError: () => undefined,
});
t.teardown(() => connection.close());
const { pool } = connection;
const app = await openApp(t, {}, { connection });
const example = await startExample();

/** The example as a process of its own, with a role that may read the views and no more. */
async function startExample(): Promise<{ url: string; stop: () => Promise<number | null> }> {
  const role = `rollcall_test_signin_${process.pid}`;
  await makeApplicationRole(pool, { name: role, password: 'secret', passwords: false });
  const url = new URL(databaseUrl);
  [url.username, url.password] = [role, 'secret'];
  const child = spawn(process.execPath, [join(projectRoot, 'examples/sign-in/server.js')], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url.href, TENANT: 'acme', PORT: '0', POLL_MS: '20' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
    await pool.query(`drop owned by ${role}; drop role ${role}`);
  });
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    const address = /listening on (\S+)/.exec(output)?.[1];
    if (address === undefined) continue;
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
    return { url: address, stop };
  }
  throw new Error(`The example ended: ${output}`);
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly token: string;
    readonly reason: string;
    readonly organizations: readonly {
      readonly id: string;
      readonly name: string;
      readonly role: string | null;
    }[];
    readonly members: readonly { readonly userName: string }[];
  };
}

async function ask(path: string, token?: string, body?: object): Promise<Answer> {
  const answer = await fetch(`${example.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const signIn = (body: object): Promise<Answer> => ask('/sign-in', undefined, body);

async function scim(method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object): Promise<string> {
  const answer = await app.scim({ method, url, ...(payload === undefined ? {} : { payload }) });
  if (answer.statusCode >= 300) throw new Error(answer.body);
  return answer.body === '' ? '' : answer.json<{ id: string }>().id;
}

const provision = (userName: string): Promise<string> =>
  scim('POST', '/Users', { schemas: [USER], userName, emails: [{ value: userName, primary: true }] });

const setActive = (id: string, active: boolean): Promise<string> =>
  scim('PATCH', `/Users/${id}`, {
    schemas: [PATCH_OP],
    Operations: [{ op: 'replace', path: 'active', value: active }],
  });

/** Until the feed has been followed so far. */
async function sessionEnds(token: string): Promise<boolean> {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await ask('/me', token)).status === 401) return true;
    await sleep(20);
  }
  return false;
}

t.test('who is provisioned comes in, with their organizations; who is not does not', async (t) => {
  t.match(await signIn({ email: 'ada@example.com' }), { status: 403, body: { reason: 'unknown' } });
  await provision('Ada@example.com');
  const answer = await signIn({ email: 'ada@EXAMPLE.com' });
  t.match(answer, {
    status: 200,
    body: { userName: 'Ada@example.com', organizations: [{ name: 'acme', role: null }] },
  });
  t.match(await signIn({ userName: 'ada@example.com' }), { status: 200 });
  const { token, organizations } = answer.body;
  t.match(await ask('/me', token), { status: 200, body: { userName: 'Ada@example.com' } });
  t.match(await ask(`/organizations/${organizations[0]?.id}/members`, token), {
    status: 200,
    body: { members: [{ userName: 'Ada@example.com', by: [] }] },
  });
  t.equal((await ask(`/organizations/${app.tenant.id}/members`, token)).status, 403);
  t.equal((await ask(`/organizations/${organizations[0]?.id}/members`)).status, 401);
  for (const body of [{}, { email: 7 }]) t.equal((await signIn(body)).status, 400);
});

t.test(
  'deactivating, deleting and erasing a person ends their sessions, and they are told why',
  async (t) => {
    const id = await provision('bob@example.com');
    const stays = await signIn({ email: 'ada@example.com' });
    const first = await signIn({ email: 'bob@example.com' });
    await setActive(id, false);
    t.ok(await sessionEnds(first.body.token));
    t.match(await signIn({ email: 'bob@example.com' }), { status: 403, body: { reason: 'suspended' } });
    await setActive(id, true);
    const second = await signIn({ email: 'bob@example.com' });
    t.equal(second.status, 200);
    await scim('DELETE', `/Users/${id}`);
    t.ok(await sessionEnds(second.body.token));
    t.match(await signIn({ email: 'bob@example.com' }), { status: 403, body: { reason: 'deprovisioned' } });

    await provision('cyd@example.com');
    const third = await signIn({ email: 'cyd@example.com' });
    const { accounts } = (await app.admin('GET', '/tenants/acme/accounts?userName=cyd@example.com')).json<{
      accounts: { id: string }[];
    }>();
    await app.admin('DELETE', `/tenants/acme/accounts/${accounts[0]?.id}`);
    t.ok(await sessionEnds(third.body.token));
    t.match(await signIn({ email: 'cyd@example.com' }), { status: 403, body: { reason: 'unknown' } });
    t.equal((await ask('/me', stays.body.token)).status, 200, 'others stay');
  },
);

t.test('nobody is let in as somebody else who has the same address', async (t) => {
  const emails = [{ value: 'team@example.com', primary: true }];
  const one = await scim('POST', '/Users', { schemas: [USER], userName: 'one', emails });
  await scim('POST', '/Users', { schemas: [USER], userName: 'two', emails });
  t.match(await signIn({ email: 'team@example.com' }), { status: 403, body: { reason: 'ambiguous' } });
  t.equal((await signIn({ userName: 'two' })).status, 200);
  await setActive(one, false);
  t.match(await signIn({ email: 'team@example.com' }), { status: 200, body: { userName: 'two' } });
});

t.test('who loses an organization, or has another role in it, signs in again', async (t) => {
  await app.admin('PATCH', '/tenants/acme/provisioning', {
    roles: [{ name: 'reader' }, { name: 'editor' }],
    organizations: { rules: [{ pattern: '{organization} {role}' }] },
  });
  const members = [{ value: await provision('dee@example.com') }];
  const [readers, editors] = [
    await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'Press Reader', members }),
    await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'Press Editor', members }),
  ];
  const editor = await signIn({ userName: 'dee@example.com' });
  t.match(editor.body.organizations, [{ name: 'acme' }, { name: 'Press', role: 'editor' }]);
  await scim('PATCH', `/Groups/${editors}`, {
    schemas: [PATCH_OP],
    Operations: [{ op: 'remove', path: 'members' }],
  });
  t.ok(await sessionEnds(editor.body.token));
  const reader = await signIn({ userName: 'dee@example.com' });
  t.match(reader.body.organizations, [{ name: 'acme' }, { name: 'Press', role: 'reader' }]);
  await scim('DELETE', `/Groups/${readers}`);
  t.ok(await sessionEnds(reader.body.token));
  t.equal((await signIn({ userName: 'dee@example.com' })).body.organizations.length, 1);
});

t.test('it ends when it is told to', async (t) => {
  t.equal(await example.stop(), 0);
});
