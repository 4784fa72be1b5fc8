import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, ENTERPRISE, idsOf, type Json, refused, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);

t.test(
  'B7.01 B7.02 B7.03 B7.04 D4-42 B1a D5 after a delete the resource is gone from everything, and its name is free',
  async (t) => {
    const user = await client.user('gone', { externalId: 'E1' });
    const url = `/Users/${user['id'] as string}`;
    const answer = await client.remove(url);
    t.equal(answer.status, 204);
    t.equal(answer.text, '');
    t.equal(answer.headers['content-type'], undefined);
    t.equal(refused(await client.get(url), 404), '');
    t.equal(refused(await client.put(url, userOf('gone')), 404), '', 'PUT brings nobody back');
    t.equal(refused(await client.patch(url, [{ op: 'replace', path: 'active', value: true }]), 404), '');
    t.equal(refused(await client.remove(url), 404), '');
    for (const filter of [
      'userName eq "gone"',
      'externalId eq "E1"',
      `id eq "${user['id'] as string}"`,
      'active eq false',
    ]) {
      t.equal((await client.find('/Users', filter)).body['totalResults'], 0, filter);
    }
    t.notOk(idsOf(await client.get('/Users')).includes(user['id'] as string));
    const again = await client.post('/Users', userOf('gone', { externalId: 'E1' }));
    t.equal(again.status, 201);
    t.not(again.body['id'], user['id']);
    t.equal(refused(await client.get(url), 404), '', 'the old id stays gone');
  },
);

t.test('B7.03 A8.03 B11.05 memberships end with their member, and with their group', async (t) => {
  const [one, two] = [await client.user('one'), await client.user('two')];
  const group = await client.group('Group', [one?.['id'], two?.['id']] as string[]);
  const url = `/Groups/${group['id'] as string}`;
  const before = (await client.get(url)).body;
  await client.remove(`/Users/${one?.['id'] as string}`);
  const after = (await client.get(url)).body;
  t.same(
    (after['members'] as Json[]).map(({ value }) => value as string),
    [two?.['id']],
  );
  t.not(after['meta'].version, before['meta'].version, 'the group has changed');
  await client.remove(url);
  t.equal((await client.get(`/Users/${two?.['id'] as string}`)).body['groups'], undefined);
});

t.test('B7.03 a manager who is deleted leaves the report as it was written', async (t) => {
  const boss = await client.user('boss');
  const user = await client.user('report', { [ENTERPRISE]: { manager: { value: boss['id'] } } });
  await client.remove(`/Users/${boss['id'] as string}`);
  t.equal((await client.get(`/Users/${user['id'] as string}`)).status, 200);
});

t.test('B7.03 B11.02 B11.04 D5 a delete heeds If-Match', async (t) => {
  const user = await client.user('guarded');
  const url = `/Users/${user['id'] as string}`;
  t.equal(refused(await client.remove(url, { 'if-match': 'W/"0"' }), 412), '');
  t.equal((await client.get(url)).status, 200);
  t.equal((await client.remove(url, { 'if-match': '*' })).status, 204);
  t.equal(refused(await client.remove(url, { 'if-match': '*' }), 404), '', '404 comes before 412');
});
