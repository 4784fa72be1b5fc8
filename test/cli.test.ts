import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { cloneDatabase } from './support/database.ts';
import { freePort, run, startServer, temporaryFolder } from './support/program.ts';

const ADMIN_TOKEN = 'an-admin-token-of-the-tests';
const database = await cloneDatabase(t);
const server = await startServer(t, {
  DATABASE_URL: database,
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
    ['provisioning set default', /^Say where the settings are: --file settings\.json\n$/],
    ['hold approve default x --accounts ,', /^Say which accounts are meant: --accounts id,id\n$/],
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

t.test('provisioning settings are shown, and set from a file', async (t) => {
  const file = join(temporaryFolder(t), 'settings.json');
  writeFileSync(file, '{"brake":{"removals":50}}');
  const out = await rollcall(`provisioning set default --file ${file}`);
  t.match(out, { code: 0, err: '' });
  t.match(JSON.parse(out.out), { brake: { removals: 50, windowMinutes: 60 }, admission: null });
  t.equal((await rollcall('provisioning show default')).out, out.out);
  writeFileSync(file, '{');
  const cases = [
    [`provisioning set default --file ${file}`, /settings\.json is no JSON: /],
    ['provisioning set default --file /nowhere/x', /^\/nowhere\/x cannot be read: /],
    ['provisioning show nobody', /^There is no tenant of this name\./],
  ] as const;
  await forEach(cases, async ([args, err]) => t.match(await rollcall(args), { code: 1, out: '', err }, args));
});

t.test('groups are linked by hand, and what waits is seen and decided', async (t) => {
  const asking = (base: string, token: string) => async (method: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}${base}${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { id: string; token: string };
  };
  const admin = asking('/admin/v1/tenants', ADMIN_TOKEN);
  await admin('POST', '', { slug: 'hooli', name: 'Hooli' });
  await admin('PATCH', '/hooli/provisioning', { roles: [{ name: 'editor' }] });
  const scim = asking('/scim/v2', (await admin('POST', '/hooli/tokens', { name: 'test' })).token);
  const { id: ada } = await scim('POST', '/Users', { userName: 'ada' });
  const { id: bob } = await scim('POST', '/Users', { userName: 'bob' });
  const { id: group } = await scim('POST', '/Groups', { displayName: 'Writers', members: [{ value: ada }] });

  const says = (...cases: (readonly [args: string, out: RegExp, code?: number])[]) =>
    forEach(cases, async ([args, out, code = 0]) =>
      t.match(
        await rollcall(args),
        { code, ...(code === 0 ? { out, err: '' } : { out: '', err: out }) },
        args,
      ),
    );
  const uuid = '[0-9a-f-]{36}';
  await says(
    [
      `link set hooli ${group} HOOLI --role editor`,
      /^Group "Writers" leads to "Hooli" as editor, by hand\.\n$/,
    ],
    ['pause default', /^Tenant "default" is paused: /],
  );
  await says(
    ['link list hooli', new RegExp(`^GROUP .*\n${group} +Writers +${uuid} +Hooli +editor +yes\n$`)],
    [`link set hooli ${group} nowhere`, /^There is no organization called "nowhere": /, 1],
    ['resume default', /^Tenant "default" goes on: 0 effects applied\.\n$/],
  );
  await says([
    `link remove hooli ${group} --organization Hooli`,
    /^Group "Writers" leads to "Writers", by the mapping\.\n$/,
  ]);

  await admin('PATCH', '/hooli/provisioning', { brake: { removals: 0 } });
  for (const id of [ada, bob])
    await scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path: 'active', value: false }] });
  const listed = await rollcall('hold list hooli');
  const id = /^([0-9a-f-]{36}) +brake .* open +2 +0$/m.exec(listed.out)?.[1];
  const shown = await rollcall(`hold show hooli ${id}`);
  t.match(shown.out, /: open\.\n2 effects on 2 accounts waiting, 0 rejected\.\n\nACCOUNT .*\n/);
  const account = new RegExp(`^(${uuid}) +ada +deactivate: suspended$`, 'm').exec(shown.out)?.[1];
  await says([
    `hold reject hooli ${id} --accounts ${account}`,
    /^1 effect rejected\. 1 effect still waiting\.\n$/,
  ]);
  await says([`hold approve hooli ${id}`, /^1 effect applied\. The hold is closed\.\n$/]);
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

t.test(
  'doctor says what is wrong and what to do, and ends with 1 while something is a problem',
  async (t) => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    t.teardown(() => client.end());
    const problems = async () => {
      const { code, out } = await rollcall('doctor --json');
      const { findings } = JSON.parse(out) as { findings: { check: string; level: string; title: string }[] };
      const found = findings.filter(({ level }) => level === 'problem').map(({ title }) => title);
      t.equal(code, found.length > 0 ? 1 : 0);
      // The databases of tests are not made to last.
      return found.filter((title) => title !== 'fsync is off.');
    };
    t.same(await problems(), []);
    await client.query('drop index rollcall_data.resources_external_id');
    t.same(await problems(), ['The index resources_external_id is missing.']);
    const { code, out } = await rollcall('doctor');
    t.equal(code, 1);
    t.match(out, /^Rollcall \d+\.\d+\.\d+, PostgreSQL \d+/);
    t.match(
      out,
      /PROBLEM  The index resources_external_id is missing\.\n {9}What .*\n {9}→ create index concurrently resources_external_id on [^\n]*;\n/,
    );
    t.match(out, /\nOK       .*migrations.*\n$/);
    const [sql = ''] = /create index concurrently [^\n]*/.exec(out) ?? [];
    await client.query(sql);
    t.same(await problems(), []);
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
  t.match(await rollcall('migrate --citus --print --shards 64', { DATABASE_URL }), {
    code: 0,
    out: /^begin;\n[^]*create_reference_table\('rollcall_data\.tenants'\);[^]*shard_count => 64\);[^]*\ncommit;\n$/,
  });
  t.match(await rollcall('migrate --citus', { DATABASE_URL }), {
    code: 1,
    err: /has no Citus\..*CREATE EXTENSION citus/,
  });
  t.match(await rollcall('migrate --print', { DATABASE_URL }), { code: 2, err: /go with --citus/ });
  t.match(await rollcall('migrate --citus --shards x', { DATABASE_URL }), {
    code: 2,
    err: /^--shards is a number/,
  });
});

t.test(
  "the application's role reads the views, and neither reads the tables nor writes anything",
  async (t) => {
    const DATABASE_URL = await cloneDatabase(t);
    const owner = new pg.Client({ connectionString: DATABASE_URL });
    await owner.connect();
    // Roles belong to all databases of a server, so the name is this run's own.
    const role = `rollcall_test_app_${process.pid}`;
    t.teardown(async () => {
      await owner.query(`drop owned by ${role}; drop role ${role}`);
      await owner.end();
    });
    const printed = await rollcall(`application-role ${role}`, {});
    t.match(printed, { code: 0, out: new RegExp(`grant usage on schema rollcall to "${role}";\n`) });
    t.equal(
      (await owner.query('select from pg_roles where rolname = $1', [role])).rowCount,
      0,
      'only printed',
    );

    const password = "it's a secret";
    const file = join(temporaryFolder(t), 'password');
    writeFileSync(file, `${password}\n`);
    const apply = `application-role ${role} --apply --login --password-file ${file}`;
    t.match(await rollcall(`${apply} --passwords`, { DATABASE_URL }), { code: 0, err: '' });
    t.match(
      await rollcall(apply, { DATABASE_URL }),
      { code: 0, out: new RegExp(`^The role "${role}" reads`) },
      'again',
    );
    t.notMatch((await rollcall(apply.replace('--apply ', ''), {})).out, /secret/);

    const url = new URL(DATABASE_URL);
    [url.username, url.password] = [role, encodeURIComponent(password)];
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      for (const view of ['accounts', 'organizations', 'organization_members', 'changes'])
        t.same((await client.query(`select * from rollcall.${view}`)).rows, [], view);
      const { rows } = await owner.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('rollcall', 'rollcall_data')`,
      );
      t.ok(rows.length > 20);
      for (const { name } of rows) {
        if (name.startsWith('rollcall_data.') || name === 'rollcall.passwords')
          await t.rejects(client.query(`select from ${name}`), { code: '42501' }, `select ${name}`);
        await t.rejects(client.query(`delete from ${name}`), { code: /42501|55000/ }, `delete from ${name}`);
        await t.rejects(
          client.query(`insert into ${name} default values`),
          { code: /42501|55000/ },
          `insert into ${name}`,
        );
      }
      await t.rejects(client.query('create table rollcall.mine ()'), { code: '42501' });
      await t.rejects(
        client.query(`create function rollcall_data.feed_base() returns int language sql return 1`),
        {
          code: '42501',
        },
      );
    } finally {
      await client.end();
    }
  },
);

t.test('a role that cannot be made is one line that says why', async (t) => {
  const cases = [
    ['application-role Not-Good', 2, /^A role is named by/],
    ['application-role pg_mine', 2, /^A role is named by/],
    ['application-role app --login', 2, /^A role that logs in needs both/],
    ['application-role app --login --password-file /nowhere', 1, /^The password cannot be read: ENOENT/],
    ['application-role app --apply', 1, /^Set DATABASE_URL/],
  ] as const;
  await forEach(cases, async ([args, code, err]) =>
    t.match(await rollcall(args, {}), { code, out: '', err }, args),
  );
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
