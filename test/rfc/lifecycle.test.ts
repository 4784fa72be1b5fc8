import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, type Json, resourcesOf, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);

t.test('B15.09 B7.04 one who joins, moves, leaves and returns is provisioned at every step', async (t) => {
  const [sales, support] = [await client.group('Sales'), await client.group('Support')];
  const membership = (op: string, group: Json | undefined, id: string) =>
    client.patch(`/Groups/${group?.['id'] as string}`, [
      op === 'add'
        ? { op, path: 'members', value: [{ value: id }] }
        : { op, path: `members[value eq "${id}"]` },
    ]);
  const groupsOf = async (url: string): Promise<string[]> =>
    (((await client.get(url)).body['groups'] ?? []) as Json[]).map(({ display }) => display as string);

  const known = await client.find('/Users', 'userName eq "joan@example.com"');
  t.equal(known.body['totalResults'], 0, 'the client looks before it creates');
  const joan = await client.user('joan@example.com', { externalId: '4711', title: 'Trainee' });
  const id = joan['id'] as string;
  const url = `/Users/${id}`;
  await membership('add', sales, id);
  t.same(await groupsOf(url), ['Sales'], 'joined');

  await client.patch(url, [{ op: 'replace', value: { title: 'Lead', userName: 'joan.doe@example.com' } }]);
  await membership('remove', sales, id);
  await membership('add', support, id);
  const moved = (await client.get(url)).body;
  t.match(moved, { id, userName: 'joan.doe@example.com', title: 'Lead', externalId: '4711' });
  t.same(await groupsOf(url), ['Support'], 'moved');

  await client.patch(url, [{ op: 'replace', path: 'active', value: false }]);
  t.equal((await client.get(url)).body['active'], false, 'left, and still to be read');
  t.equal(resourcesOf((await client.find('/Users', 'externalId eq "4711"')).body).length, 1);
  await client.patch(url, [{ op: 'replace', path: 'active', value: true }]);
  t.same(await groupsOf(url), ['Support'], 'returned');

  t.equal((await client.remove(url)).status, 204);
  t.equal((await client.get(url)).status, 404, 'a delete is no deactivation');
  const again = await client.post('/Users', userOf('joan.doe@example.com', { externalId: '4711' }));
  t.equal(again.status, 201);
  t.not(again.body['id'], id);
  t.same(await groupsOf(`/Users/${again.body['id'] as string}`), [], 'with nothing of what there was');
});
