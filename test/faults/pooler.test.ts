/** Behind PgBouncer in transaction mode: no session is one's own, and a few serve many. */
import pg from 'pg';
import t, { type Test } from 'tap';
import { cloneDatabase } from '../support/database.ts';
import { feedTellsViews } from '../support/feedTellsViews.ts';
import { noPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { startServer, temporaryFolder } from '../support/program.ts';
import { type Answered, askJson, scimClient } from '../support/scimClient.ts';

const ADMIN = 'an-admin-token-of-the-tests';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const SERVER_CONNECTIONS = 4;
const PEOPLE = 18;

const operations = (...Operations: readonly object[]) => ({ schemas: [PATCH], Operations });
const member = (op: 'add' | 'remove', { id }: { id: string }) =>
  op === 'add'
    ? operations({ op, path: 'members', value: [{ value: id }] })
    : operations({ op, path: `members[value eq "${id}"]` });

interface Served {
  readonly admin: (method: string, path: string, body?: object | string) => Promise<Answered>;
  readonly scim: (method: string, path: string, body?: object) => Promise<Answered>;
  readonly direct: pg.Pool;
  readonly tenantId: string;
  readonly output: () => string;
}

/** A server with 40 connections to a pooler that has four. */
async function serve(
  t: Test,
  prepare: 'on' | 'off',
  prepareDatabase: (direct: pg.Pool) => Promise<unknown>,
): Promise<Served> {
  const databaseUrl = await cloneDatabase(t);
  const direct = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  t.teardown(() => direct.end());
  await prepareDatabase(direct);
  const { through } = await startPgBouncer(t, databaseUrl, SERVER_CONNECTIONS);
  const server = await startServer(t, {
    DATABASE_URL: through(databaseUrl),
    DATABASE_POOL_SIZE: '40',
    DATABASE_PREPARE: prepare,
    DATA_DIR: temporaryFolder(t),
    ADMIN_TOKEN: ADMIN,
  });
  t.teardown(() => server.stop());
  const { rows } = await direct.query<{ id: string }>('select id from rollcall_data.tenants');
  return {
    admin: (method, path, body) => askJson(`${server.url}/admin/v1${path}`, ADMIN, method, body),
    scim: scimClient(server.url, server.token ?? '').scim,
    direct,
    tenantId: rows[0]?.id ?? '',
    output: () => server.stdout(),
  };
}

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** What an identity provider and an administrator do, much of it at once. */
async function everything(t: Test, { admin, scim, direct, tenantId }: Served): Promise<void> {
  const statuses: number[] = [];
  const asked = async <T>(answer: Promise<Answered>): Promise<T> => {
    const { status, body } = await answer;
    statuses.push(status);
    if (status >= 400) t.fail(`${status} ${JSON.stringify(body)}`);
    return body as T;
  };
  const people = await times(PEOPLE, (n) =>
    asked<{ id: string }>(
      scim('POST', '/Users', {
        userName: `user${n}`,
        title: 'joiner',
        emails: [{ type: 'work', value: `user${n}@example.com` }],
      }),
    ),
  );
  const group = await asked<{ id: string }>(scim('POST', '/Groups', { displayName: 'Everybody' }));
  const path = `/Groups/${group.id}`;
  // One group is changed by all, while each is looked for in three ways.
  await times(PEOPLE, async (n) => {
    await asked(scim('PATCH', path, member('add', people[n] as { id: string })));
    for (const filter of [
      `userName eq "user${n}"`,
      `emails[type eq "work" and value eq "user${n}@example.com"]`,
      `userName co "user" and emails.value eq "user${n}@example.com"`,
    ]) {
      const list = `/Users?filter=${encodeURIComponent(filter)}`;
      const { totalResults } = await asked<{ totalResults: number }>(scim('GET', list));
      if (totalResults !== 1) t.fail(`${filter} finds ${totalResults}`);
    }
  });
  await times(PEOPLE, async (n) => {
    const { id } = people[n] as { id: string };
    if (n % 3 === 0) await asked(scim('PATCH', path, member('remove', { id })));
    if (n % 3 === 1)
      await asked(scim('PATCH', `/Users/${id}`, operations({ op: 'replace', path: 'active', value: false })));
    if (n % 3 === 2) await asked(scim('PUT', `/Users/${id}`, { userName: `user${n}`, title: 'mover' }));
    if (n % 6 === 0) await asked(scim('DELETE', `/Users/${id}`));
  });
  const { members } = await asked<{ members: { value: string }[] }>(scim('GET', path));
  t.same(
    members.map(({ value }) => value).toSorted(),
    people.flatMap(({ id }, n) => (n % 3 === 0 ? [] : [id])).toSorted(),
    'the members are those that were added and not removed',
  );
  // More at once than there are server connections; each a transaction that is open while it is sent.
  const large = await asked<{ id: string }>(scim('POST', '/Groups', { displayName: 'Large' }));
  await direct.query(
    `with made as (
       insert into rollcall_data.resources (tenant_id, id, type, attributes, folded, created_at, modified_at)
       select $1, gen_random_uuid(), 'Group', '{}', '{}', now(), now() from generate_series(1, 2500) returning id
     )
     insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
     select $1, $2, id, now() from made`,
    [tenantId, large.id],
  );
  const sizes = await times(2 * SERVER_CONNECTIONS, async () => {
    const shown = await asked<{ members: unknown[] }>(scim('GET', `/Groups/${large.id}`));
    return shown.members.length;
  });
  t.same(new Set(sizes), new Set([2_500]), 'a large group is read whole by each of many');
  await asked(scim('DELETE', `/Groups/${large.id}`));
  const found = await asked<{ totalResults: number }>(
    scim('GET', `/Users?filter=${encodeURIComponent('title eq "mover"')}&sortBy=userName`),
  );
  t.equal(found.totalResults, PEOPLE / 3);
  await asked(
    scim('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: Array.from({ length: 20 }, (_, n) => ({
        method: 'POST',
        path: '/Users',
        bulkId: `b${n}`,
        data: { userName: `bulk${n}` },
      })),
    }),
  );

  const tenant = '/tenants/default';
  const csv = `userName,email\n${people.map((_, n) => `imported${n},imported${n}@example.com`).join('\n')}\n`;
  t.match(await asked<object>(admin('POST', `${tenant}/import`, csv)), { report: { created: PEOPLE } });
  t.match(await asked<object>(admin('POST', `${tenant}/preflight`, csv)), { report: { lines: PEOPLE } });
  await asked(admin('POST', `${tenant}/pause`));
  await asked(scim('POST', '/Users', { userName: 'waits' }));
  await asked(admin('POST', `${tenant}/resume`));
  await asked(admin('PATCH', `${tenant}/provisioning`, { roles: [{ name: 'guest' }], defaultRole: 'guest' }));
  const schema = 'urn:example:schemas:2.0:Badge';
  await asked(
    admin('PUT', `${tenant}/schemas/${schema}`, {
      name: 'Badge',
      extends: ['User'],
      attributes: [{ name: 'badge' }],
    }),
  );
  const badged = await asked<object>(
    scim('POST', '/Users', { userName: 'badged', [schema]: { badge: 'x' } }),
  );
  t.match(badged, { [schema]: { badge: 'x' } }, 'an extension is in use at once');
  const { rows: left } = await direct.query(
    `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  );
  t.same(left, [], 'no lock is left behind');
  const changes = await feedTellsViews(direct, tenantId);
  t.ok(changes.length > PEOPLE * 3, 'the feed tells what the views show');
  t.ok(statuses.every((status) => status < 300));
}

const emptied = (direct: pg.Pool) => direct.query('drop schema rollcall, rollcall_data cascade');
/** As an operator does it for the role, which other tests have too. */
const limited = async (direct: pg.Pool) => {
  const { rows } = await direct.query<{ name: string }>('select current_database() as name');
  await direct.query(`alter database "${rows[0]?.name}" set statement_timeout = 30000`);
};

t.test(
  'behind PgBouncer in transaction mode nothing fails and nothing is lost, with names for statements as they come',
  { skip: noPgBouncer },
  async (t) => {
    const served = await serve(t, 'on', emptied);
    await everything(t, served);
    t.match(
      served.output(),
      /"info".*behind a connection pooler, changes on other servers are known within three/,
    );
    t.match(served.output(), /"warn".*alter role … set statement_timeout = 30000/);
    t.notMatch(served.output(), /"level":"error"|are not heard of/);
  },
);

t.test(
  'behind PgBouncer in transaction mode nothing fails and nothing is lost, without names for statements',
  { skip: noPgBouncer },
  async (t) => {
    const served = await serve(t, 'off', limited);
    await everything(t, served);
    t.notMatch(served.output(), /"level":"(error|warn)"/);
  },
);
