/** How often the database is written to and waited for: what docs/architecture.md says of it. */
import type pg from 'pg';
import t, { type Test } from 'tap';
import { openClone } from '../support/connection.ts';
import { addTenant, type Directory, Group, User } from '../support/directory.ts';

let writes = 0;
let directory: Directory;

/** Counts what is written to the connections of the pool. What is sent together is written once. */
function count(client: pg.PoolClient): void {
  const { stream } = (client as pg.PoolClient & { connection: { stream: object } }).connection;
  const under = stream as Record<'_write' | '_writev', (...given: unknown[]) => unknown>;
  for (const name of ['_write', '_writev'] as const) {
    const write = under[name].bind(stream);
    under[name] = (...given) => {
      writes += 1;
      return write(...given);
    };
  }
}

t.before(async () => {
  // Too few for connections of their own that look-ups share, which cannot be counted here.
  const connection = await openClone(t, { poolSize: 4 });
  connection.pool.on('connect', count);
  directory = await addTenant(connection, 'one');
});

async function takes(t: Test, expected: number, what: string, work: () => Promise<unknown>): Promise<void> {
  const before = writes;
  await work();
  t.equal(writes - before, expected, what);
}

const user = (userName: string, more: object = {}): object => ({ schemas: [User.schema], userName, ...more });
const replace = (path: string, value: unknown): object[] => [{ op: 'replace', path, value }];

t.test('what is common takes no more round trips than it needs', async (t) => {
  const { id } = await directory.create(
    User,
    user('ada', { externalId: 'e-1', emails: [{ value: 'a@b.org' }] }),
  );
  const { id: other } = await directory.create(User, user('eve'));
  const { id: group } = await directory.create(Group, { schemas: [Group.schema], displayName: 'Staff' });
  const member = (op: string) => [{ op, path: 'members', value: [{ value: id }] }];

  await takes(t, 1, 'a creation', () => directory.create(User, user('ken')));
  await takes(t, 1, 'a GET', () => directory.read(User, id));
  for (const filter of ['userName eq "ada"', 'externalId eq "e-1"', 'emails.value eq "a@b.org"'])
    await takes(t, 1, filter, () => directory.list(User, { filter }));
  await takes(t, 1, 'a list', () => directory.list(User, { count: '10' }));
  await takes(t, 2, 'a PATCH of an attribute', () => directory.patch(User, id, replace('title', 'x')));
  await takes(t, 1, 'a PATCH that changes nothing', () => directory.patch(User, id, replace('title', 'x')));
  await takes(t, 2, 'a suspension', () => directory.patch(User, id, replace('active', false)));
  await takes(t, 2, 'a return', () => directory.patch(User, id, replace('active', true)));
  await takes(t, 2, 'a PUT', () => directory.replace(User, id, user('ada', { title: 'y' })));
  await takes(t, 3, 'a member that comes', () => directory.patch(Group, group, member('add')));
  await takes(t, 3, 'a member that goes', () => directory.patch(Group, group, member('remove')));
  await takes(t, 2, 'a member that has gone already', async () => {
    await directory.patch(Group, group, [{ op: 'remove', path: `members[value eq "${other}"]` }]);
  });
});
