import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cloneDatabase } from './support/database.ts';
import { freePort, run, startServer, temporaryFolder } from './support/program.ts';

const ADMIN_TOKEN = 'an-admin-token-of-the-tests';
const server = await startServer(t, {
  DATABASE_URL: await cloneDatabase(t),
  DATA_DIR: temporaryFolder(t),
  ADMIN_TOKEN,
});
t.teardown(() => server.stop());

async function rollcall(
  args: string,
  env: Record<string, string> = { ADMIN_TOKEN, PORT: new URL(server.url).port },
) {
  const program = run(t, 'cli.js', args === '' ? [] : args.split(' '), { DATA_DIR: '/nowhere', ...env });
  const code = await program.exit;
  return { code, out: program.stdout(), err: program.stderr() };
}

/** At once, because a process spends most of its time starting. */
async function forEach<T>(cases: readonly T[], check: (given: T) => Promise<unknown>): Promise<void> {
  await Promise.all(cases.map(check));
}

t.test('help is everywhere', async (t) => {
  const out = /^Usage: rollcall <command>[\s\S]*rollcall token revoke <tenant> <id>/;
  await forEach(['', '--help', 'help', '-h'], async (args) =>
    t.match(await rollcall(args), { code: 0, out }, args),
  );
  t.match(await rollcall('token --help'), { code: 0, out: /rollcall token create <tenant>/ });
  t.notMatch((await rollcall('token --help')).out, /tenant list/);
  t.match(await rollcall('token create --help'), {
    code: 0,
    out: /^Usage: rollcall token create <tenant> \[options\][\s\S]*--expires <365d>[\s\S]*--json/,
  });
  t.match(await rollcall('serve --help', {}), { code: 0, out: /^Usage: rollcall serve/ });
  t.match(await rollcall('--version', {}), { code: 0, out: /^\d+\.\d+\.\d+\n$/ });
});

t.test('what is not understood is one line on stderr and exit code 2', async (t) => {
  const cases = [
    ['tenants', /^There is no command "tenants": see rollcall --help\.\n$/],
    ['token', /^There is no command "token": see rollcall --help\.\n$/],
    ['token destroy x', /^There is no command "token destroy"/],
    ['tenant create', /^Usage: rollcall tenant create <slug> \[options\]\n$/],
    ['tenant create a b', /^Usage: /],
    ['token create default', /^Say what the token is for: --name okta\n$/],
    ['tenant list --color', /^Unknown option '--color': see rollcall tenant list --help\.\n$/],
    ['tenant update default', /^Say what to change: see rollcall tenant update --help\.\n$/],
    ['tenant update default --active maybe', /^--active must be yes or no\.\n$/],
  ] as const;
  await forEach(cases, async ([args, err]) => t.match(await rollcall(args), { code: 2, out: '', err }, args));
});

t.test('tenants and tokens are made, listed, changed and ended', async (t) => {
  t.match(await rollcall('tenant create globex --name Globex --mode strict'), {
    code: 0,
    out: /^Tenant "globex" is made\.\nSCIM base URL {2}http:\/\/127\.0\.0\.1:\d+\/scim\/v2\n/,
    err: '',
  });
  t.match(await rollcall('tenant list'), {
    code: 0,
    out: /^SLUG .*\ndefault +Default +tolerant +yes\nglobex +Globex +strict +yes\n$/,
  });
  t.match(
    await rollcall(
      'tenant update globex --mode interop --duplicate-group-names yes --discovery-view entra --store-passwords yes',
    ),
    {
      code: 0,
      out:
        'Tenant "globex": name "Globex", mode interop, active, duplicate group names allowed, ' +
        'discovery view entra, passwords stored.\n',
    },
  );
  const made = await rollcall('token create globex --name okta --expires 30d');
  const token = /^Token +(rc_\w{49})$/m.exec(made.out)?.[1];
  t.ok(token, made.err);
  const ask = () => fetch(`${server.url}/scim/v2/Users`, { headers: { authorization: `Bearer ${token}` } });
  t.equal((await ask()).status, 200);
  const listed = await rollcall('token list globex --json');
  const [{ id, name }] = JSON.parse(listed.out).tokens;
  t.equal(name, 'okta');
  t.match(await rollcall(`token revoke globex ${id}`), { code: 0, out: `Token ${id} is revoked.\n` });
  t.equal((await ask()).status, 401);
  t.match(
    (await rollcall('token list globex')).out,
    new RegExp(`^ID .*REVOKED\n${id}  okta  \\d{4}-\\S+  \\d{4}-\\S+  \\d{4}-\\S+\n$`),
  );
});

t.test('--json prints what the server answered', async (t) => {
  const made = await rollcall('token create default --name ci --json');
  t.match(JSON.parse(made.out), {
    id: String,
    token: /^rc_/,
    name: 'ci',
    createdAt: String,
    expiresAt: String,
  });
  t.match(JSON.parse((await rollcall('tenant list --json')).out), { tenants: [{ slug: 'default' }] });
});

t.test('what does not work is one line that says what to do, and exit code 1', async (t) => {
  const cases = [
    [
      'tenant create default',
      /^There is a tenant "default" already\. Choose another slug\. \[request .*\]\n$/,
    ],
    ['tenant create Not-Good', /^"slug" must be 1 to 63 lower-case letters/],
    ['token create nobody --name x', /^There is no tenant of this name\./],
    ['token create default --name x --expires never', /^"expiresIn" must be/],
    ['token revoke default nonsense', /^This tenant has no such token\./],
  ] as const;
  await forEach(cases, async ([args, err]) => t.match(await rollcall(args), { code: 1, out: '', err }, args));
});

t.test('a server that is not there, or that has another admin token, is told apart', async (t) => {
  const PORT = String(await freePort());
  t.match(await rollcall('tenant list', { ADMIN_TOKEN, PORT }), {
    code: 1,
    err: `No server answers at http://127.0.0.1:${PORT} (ECONNREFUSED): start it, or name another with --url.\n`,
  });
  t.match(
    await rollcall('tenant list', { ADMIN_TOKEN: 'another-admin-token', PORT: new URL(server.url).port }),
    {
      code: 1,
      err: /^The server at .* does not take this admin token: set ADMIN_TOKEN to its own\.\n$/,
    },
  );
  t.match(await rollcall('tenant list', {}), {
    code: 1,
    err: /^There is no admin token: set ADMIN_TOKEN \(.*admin-token cannot be read\)\.\n$/,
  });
  t.match(await rollcall('tenant list', { PORT: 'abc' }), {
    code: 1,
    err: 'PORT must be a whole number from 1 to 65535, not "abc"\n',
  });
});

t.test(
  'the server is named by --url, else PUBLIC_URL, else HOST and PORT; the token is found in DATA_DIR',
  async (t) => {
    t.equal((await rollcall(`tenant list --url ${server.url}/`, { ADMIN_TOKEN, PORT: '1' })).code, 0);
    t.equal((await rollcall('tenant list', { ADMIN_TOKEN, PUBLIC_URL: server.url, PORT: '1' })).code, 0);
    const DATA_DIR = temporaryFolder(t);
    writeFileSync(join(DATA_DIR, 'admin-token'), `${ADMIN_TOKEN}\n`);
    t.equal((await rollcall(`tenant list --url ${server.url}`, { DATA_DIR })).code, 0);
  },
);

t.test('migrate speaks to the database', async (t) => {
  const DATABASE_URL = await cloneDatabase(t);
  t.match(await rollcall('migrate', { DATABASE_URL }), {
    code: 0,
    out: /^The database is up to date \(version \d+\)\.\n$/,
  });
  t.match(JSON.parse((await rollcall('migrate --json', { DATABASE_URL })).out), {
    applied: [],
    version: Number,
  });
  t.match(await rollcall('migrate', {}), { code: 1, err: /^Set DATABASE_URL/ });
  t.match(await rollcall('migrate', { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' }), {
    code: 1,
    err: /ECONNREFUSED/,
  });
});

t.test('accounts are imported from a file, and compared with a list', async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  await rollcall('tenant create initech');
  const people = file('people.csv', `userName,email\n${'x'.repeat(3)},x@example.com\ny,y@example.com\n`);
  t.match(await rollcall(`import ${people} --tenant initech --dry-run`), {
    code: 0,
    out: /^2 lines: 2 created, 0 updated, 0 unchanged, 0 conflicts, 0 errors, in \d+\.\d s\. This was a dry run: nothing has been changed\.\n$/,
    err: '',
  });
  t.match(await rollcall(`import ${people} --tenant initech`), { code: 0, out: /^2 lines: 2 created/ });
  t.match(JSON.parse((await rollcall(`import ${people} --tenant initech --json`)).out), { unchanged: 2 });
  const bad = file('bad.jsonl', '{"userName":"z"}\nnonsense\n');
  t.match(await rollcall(`import ${bad} --tenant initech`), {
    code: 1,
    out: /^2 lines: 1 created, .* 1 error, /,
    err: 'line 2: This is not JSON: each line must be one JSON object.\n',
  });
  t.match(await rollcall(`preflight ${file('list.csv', 'userName\ny\nnew\n')} --tenant initech`), {
    code: 1,
    out: /^2 lines, 0 errors\.\n0 would be matched [\s\S]*\n1 would be new\.\n[\s\S]*\n {2}line 2, y: The user [\s\S]*\n2 would be orphaned, being in no line:\n {2}xxx\n {2}z\n$/,
  });
  const cases = [
    [`import ${people}`, 2, /^Say whose accounts these are: --tenant acme\n$/],
    [`import ${file('people.txt', '')} --tenant initech`, 2, /^Say what the file is: --format csv/],
    ['import /nowhere.csv --tenant initech', 1, /^The file \/nowhere\.csv cannot be read \(ENOENT\)\.\n$/],
    [`import ${people} --tenant nobody`, 1, /^There is no tenant of this name\./],
    [
      `import ${file('wrong.csv', 'colour\nred\n')} --tenant initech`,
      1,
      /^Stopped at line 1: The column "colour" is not known/,
    ],
    [`import ${people} --tenant initech --url http://127.0.0.1:1`, 1, /^No server answers at/],
  ] as const;
  await forEach(cases, async ([args, code, err]) =>
    t.match(await rollcall(args), { code, out: '', err }, args),
  );
});
