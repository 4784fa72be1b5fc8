/** Three servers over one database, one of which is killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { cloneDatabase } from '../support/database.ts';
import { feedTellsViews } from '../support/feedTellsViews.ts';
import { type RunningServer, startServer, temporaryFolder } from '../support/program.ts';
import { type Answered, askJson, scimClient } from '../support/scimClient.ts';
import { settledFeed } from '../support/settledFeed.ts';

const ADMIN = 'an-admin-token-of-the-tests';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const CLIENTS = 9;
const PEOPLE = 5;
/** How soon everything has to be known everywhere, in milliseconds. */
const EVERYWHERE = 5_000;

const operation = (one: object) => ({ schemas: [PATCH], Operations: [one] });

let databaseUrl: string;
let database: pg.Pool;
let servers: readonly RunningServer[];
let token: string;

t.before(async () => {
  databaseUrl = await cloneDatabase(t);
  database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  t.teardown(() => database.end());
  const env = { DATABASE_URL: databaseUrl, ADMIN_TOKEN: ADMIN, LOG_LEVEL: 'warn', DATABASE_POOL_SIZE: '8' };
  // The one that is killed has workers, which must not outlive it.
  servers = await Promise.all(
    ['1', '2', '1'].map((WORKERS) => startServer(t, { ...env, WORKERS, DATA_DIR: temporaryFolder(t) })),
  );
  token = servers.find((one) => one.token !== undefined)?.token ?? '';
});

const urlOf = (index: number): string => servers[index % servers.length]?.url ?? '';
const admin = (index: number, method: string, path: string, body?: object): Promise<Answered> =>
  askJson(`${urlOf(index)}/admin/v1/tenants${path}`, ADMIN, method, body);
const on = (index: number, by = token) => scimClient(urlOf(index), by);

/** Asks until it is so. @returns after how many milliseconds it was */
async function until(isSo: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) await sleep(20);
  return performance.now() - began;
}

t.test('a token that is revoked on one server is refused on the others within five seconds', async (t) => {
  const made = await admin(0, 'POST', '/default/tokens', { name: 'second', expiresIn: '365d' });
  const second = made.body as { id: string; token: string };
  /** On several connections, so that every worker of a server is asked. */
  const allAnswer = async (index: number, status: number): Promise<boolean> => {
    const { scim } = on(index, second.token);
    const answers = await Promise.all(Array.from({ length: 4 }, () => scim('GET', '/Users')));
    return answers.every((answer) => answer.status === status);
  };
  for (const index of [0, 1, 2]) t.ok(await allAnswer(index, 200), 'which all remember');
  t.equal((await admin(0, 'DELETE', `/default/tokens/${second.id}`)).status, 204);
  const took = await Promise.all([0, 1, 2].map((index) => until(() => allAnswer(index, 401))));
  t.ok(
    took.every((time) => time <= EVERYWHERE),
    `it took ${took.join(', ')} ms`,
  );
});

t.test('settings, schemas and a pause reach the other servers within five seconds', async (t) => {
  await admin(0, 'POST', '', { slug: 'other', name: 'Other' });
  const made = await admin(0, 'POST', '/other/tokens', { name: 'x', expiresIn: '1d' });
  const other = (made.body as { token: string }).token;
  for (const index of [1, 2]) t.equal((await on(index, other).scim('GET', '/Users')).status, 200);
  const both = (isSo: (index: number) => Promise<boolean>): Promise<number[]> =>
    Promise.all([1, 2].map((index) => until(() => isSo(index))));
  let names = 0;
  const post = async (index: number, body: object = {}): Promise<Answered> => {
    names += 1;
    return on(index, other).scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `someone${names}`,
      ...body,
    });
  };

  const urn = 'urn:example:schemas:2.0:Badge';
  const schema = { name: 'Badge', extends: ['User'], attributes: [{ name: 'badge' }] };
  await admin(0, 'PUT', `/other/schemas/${urn}`, schema);
  const took = await both(
    async (index) => (await on(index, other).scim('GET', `/Schemas/${urn}`)).status === 200,
  );

  await admin(0, 'PATCH', '/other', { mode: 'strict' });
  took.push(...(await both(async (index) => (await post(index, { active: 'True' })).status === 400)));

  await admin(0, 'PATCH', '/other/provisioning', { requiredAttributes: ['title'] });
  took.push(...(await both(async (index) => (await post(index)).status === 400)));

  await admin(0, 'POST', '/other/pause');
  took.push(
    ...(await both(async (index) => {
      const { status, body: user } = await post(index, { title: 'x' });
      t.equal(status, 201);
      const { id } = user as { id: string };
      const { rowCount } = await database.query('select 1 from rollcall.accounts where scim_id = $1', [id]);
      return rowCount === 0;
    })),
  );

  await admin(0, 'PATCH', '/other', { active: false });
  took.push(...(await both(async (index) => (await on(index, other).scim('GET', '/Users')).status === 401)));
  t.ok(
    took.every((time) => time <= EVERYWHERE),
    `it took ${took.join(', ')} ms`,
  );
});

/** What a person is to be when all that was asked for has been acknowledged. */
interface Person {
  readonly userName: string;
  id: string;
  readonly isActive: boolean;
  readonly isDeleted: boolean;
  readonly title: string;
  readonly isMember: boolean;
}

t.test('a server that is killed under load loses nothing, and nothing is done twice', async (t) => {
  const statuses = new Map<number, number>();
  let retried = 0;
  let answered = 0;
  let begun = (): void => undefined;
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });

  /** As an identity provider asks: at any server, and once more when there is no answer. */
  const ask = async (client: number, method: string, path: string, body?: object): Promise<Answered> => {
    for (let server = client + answered; ; server += 1) {
      const answer = await on(server)
        .scim(method, path, body)
        .catch(() => undefined);
      if (answer === undefined) {
        retried += 1;
        await sleep(5);
        continue;
      }
      answered += 1;
      if (answered === CLIENTS * PEOPLE) begun();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      return answer;
    }
  };
  const create = async (client: number, type: string, name: object): Promise<string> => {
    const { status, body } = await ask(client, 'POST', `/${type}`, name);
    if (status === 201) return (body as { id: string }).id;
    // The first request was carried out, and its answer lost.
    t.equal(status, 409);
    const [[attribute, value] = []] = Object.entries(name);
    const found = await ask(
      client,
      'GET',
      `/${type}?filter=${encodeURIComponent(`${attribute} eq "${value}"`)}`,
    );
    return (found.body as { Resources: { id: string }[] }).Resources[0]?.id ?? '';
  };

  const group = await create(0, 'Groups', { displayName: 'Crew' });
  const work = async (client: number): Promise<Person[]> => {
    const people: Person[] = [];
    for (let n = 0; n < PEOPLE; n += 1) {
      const person: Person = {
        userName: `person${client}-${n}`,
        id: '',
        isActive: n % 3 !== 1,
        isDeleted: n % 5 === 4,
        title: n % 2 === 0 ? 'joiner' : 'mover',
        isMember: n % 4 !== 3,
      };
      const { userName } = person;
      const id = await create(client, 'Users', { userName, title: 'joiner' });
      person.id = id;
      const members = [{ value: id }];
      await ask(
        client,
        'PATCH',
        `/Groups/${group}`,
        operation({ op: 'add', path: 'members', value: members }),
      );
      if (!person.isActive)
        await ask(
          client,
          'PATCH',
          `/Users/${id}`,
          operation({ op: 'replace', path: 'active', value: false }),
        );
      if (person.title === 'mover')
        await ask(client, 'PUT', `/Users/${id}`, { userName, title: 'mover', active: person.isActive });
      if (!person.isMember)
        await ask(
          client,
          'PATCH',
          `/Groups/${group}`,
          operation({ op: 'remove', path: `members[value eq "${id}"]` }),
        );
      if (person.isDeleted) await ask(client, 'DELETE', `/Users/${id}`);
      people.push(person);
    }
    return people;
  };
  const working = Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));
  await underWay;
  servers[1]?.process.kill('SIGKILL');
  const people = (await working).flat();
  // Resolved when nobody writes to its output any more.
  await servers[1]?.exit;

  t.ok(retried > 0, `${retried} requests had no answer and were sent again`);
  const faults = [...statuses].filter(([status]) => status >= 500);
  t.same(faults, [], 'nothing was answered with a fault');

  const { body: list } = await on(0).scim('GET', '/Users?count=1000');
  const shown = (list as { Resources: { id: string; userName: string; title: string; active?: boolean }[] })
    .Resources;
  const byName = (one: { userName: string }, other: { userName: string }) =>
    one.userName < other.userName ? -1 : 1;
  t.same(
    shown.map(({ id, userName, title, active = true }) => ({ id, userName, title, active })).toSorted(byName),
    people
      .filter(({ isDeleted }) => !isDeleted)
      .map(({ id, userName, title, isActive: active }) => ({ id, userName, title, active }))
      .toSorted(byName),
    'everybody is there once, as acknowledged last',
  );
  const { body: crew } = await on(2).scim('GET', `/Groups/${group}`);
  t.same(
    (crew as { members: { value: string }[] }).members.map(({ value }) => value).toSorted(),
    people
      .filter(({ isMember, isDeleted }) => isMember && !isDeleted)
      .map(({ id }) => id)
      .toSorted(),
    'and so are the members',
  );

  await settledFeed(database);
  const { rows: tenants } = await database.query<{ id: string }>(
    `select id from rollcall_data.tenants where slug = 'default'`,
  );
  const changes = await feedTellsViews(database, tenants[0]?.id ?? '');
  const told = (kind: string) =>
    changes
      .filter((change) => change.kind === kind)
      .map(({ resource_id }) => resource_id ?? '')
      .toSorted();
  const who = (isOne: (person: Person) => boolean) =>
    people
      .filter(isOne)
      .map(({ id }) => id)
      .toSorted();
  t.same(
    told('account.created'),
    who(() => true),
    'everybody has one account, which was told of once',
  );
  t.same(
    told('account.suspended'),
    who(({ isActive }) => !isActive),
  );
  t.same(
    told('account.deprovisioned'),
    who(({ isDeleted }) => isDeleted),
  );

  const { rows: locks } = await database.query(
    `select l.locktype, a.state, a.query from pg_locks l join pg_stat_activity a using (pid)
      where a.datname = current_database() and a.pid <> pg_backend_pid()
        and (l.locktype = 'advisory' or a.state like 'idle in transaction%')`,
  );
  t.same(locks, [], 'no lock is left behind');
  for (const index of [0, 2]) {
    t.notMatch(servers[index]?.stdout(), /"level":"(error|fatal)"/);
    t.equal(await servers[index]?.stop(), 0);
  }
});
