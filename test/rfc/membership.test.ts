import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, groupOf, type Json, refused, sorted } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);

t.test(
  'A8.03 A8.01 A8.02 A6.04 A3.06 members are resources of the tenant, derived on both sides',
  async (t) => {
    const user = await client.user('member');
    const inner = await client.group('Inner', [user['id'] as string]);
    const outer = await client.group('Outer', [inner['id'] as string, user['id'] as string]);
    const members = outer['members'] as Json[];
    t.same(
      sorted(members.map(({ value, type }) => [value, type])),
      sorted([
        [user['id'], 'User'],
        [inner['id'], 'Group'],
      ]),
    );
    for (const member of members) {
      const path = new URL(member['$ref'] as string).pathname.replace('/scim/v2', '');
      t.equal((await client.get(path)).body['id'], member['value'], 'a GET of $ref answers with the member');
    }
    const groups = (await client.get(`/Users/${user['id'] as string}`)).body['groups'] as Json[];
    t.match(
      groups
        .filter(({ type }) => type === 'direct')
        .map(({ value }) => value as string)
        .sort(),
      sorted([inner['id'], outer['id']]),
    );
    for (const one of groups)
      t.match(one, { $ref: new RegExp(`/Groups/${one['value'] as string}$`), display: String });
    for (const stranger of ['nobody', '018f0000-0000-7000-8000-00000000dead']) {
      const answer = await client.post('/Groups', groupOf('Strangers', [stranger]));
      t.equal(refused(answer, 400, 'invalidValue'), '', stranger);
    }
    t.equal((await client.find('/Groups', 'displayName eq "Strangers"')).body['totalResults'], 0);
  },
);

t.test(
  'A8.02 A6.04 membership through a group is indirect, and a circle of groups harms nobody',
  async (t) => {
    const user = await client.user('nested');
    const inner = await client.group('Circle 1', [user['id'] as string]);
    const outer = await client.group('Circle 2', [inner['id'] as string]);
    const closed = await client.patch(`/Groups/${inner['id'] as string}`, [
      { op: 'add', path: 'members', value: [{ value: outer['id'] }] },
    ]);
    t.match(closed.status, /^20[04]$/);
    const { status, body } = await client.get(`/Users/${user['id'] as string}`);
    t.equal(status, 200);
    const kinds = (body['groups'] as Json[]).map(({ display, type }) => [display, type]);
    t.same(sorted(kinds), [
      ['Circle 1', 'direct'],
      ['Circle 2', 'indirect'],
    ]);
  },
);
