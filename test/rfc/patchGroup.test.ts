import t from 'tap';
import { openApp } from '../support/app.ts';
import { type Client, clientOf, type Json, refused, sorted } from './client.ts';

const app = await openApp(t);
const tolerant = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const both = [
  ['tolerant', tolerant],
  ['strict', strict],
] as const;
let made = 0;

/** A group of two members, and a third user who is none. */
async function trio(
  client: Client,
): Promise<{ url: string; a: string; b: string; c: string; members: () => Promise<string[]> }> {
  made += 1;
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) ids.push((await client.user(`${name}-${made}`))['id'] as string);
  const [one = '', two = '', three = ''] = ids;
  const group = await client.group(`Group ${made}`, [one, two]);
  const url = `/Groups/${group['id'] as string}`;
  const members = async (): Promise<string[]> =>
    (((await client.get(url)).body['members'] ?? []) as Json[]).map(({ value }) => value as string).sort();
  return { url, a: one, b: two, c: three, members };
}

t.test(
  'D5 D4-10 B6.04 A8.01 a remove with a value removes what it lists, never all; strict mode refuses it',
  async (t) => {
    for (const [mode, client] of both) {
      const { url, a, b, members } = await trio(client);
      const answer = await client.patch(url, [{ op: 'remove', path: 'members', value: [{ value: a }] }]);
      if (mode === 'strict') {
        t.equal(refused(answer, 400, 'invalidSyntax'), '');
        t.same(await members(), sorted([a, b]));
      } else {
        t.match(answer.status, /^20[04]$/);
        t.same(await members(), [b]);
      }
      for (const value of [[], {}, 'x', [{ value: 'stranger' }]]) {
        await client.patch(url, [{ op: 'remove', path: 'members', value }]);
        t.ok((await members()).includes(b), `${mode} ${JSON.stringify(value)}`);
      }
    }
  },
);

t.test('D5 B6.08 A8.03 A5.03 adding a member twice changes nothing, an unknown one is refused', async (t) => {
  for (const [mode, client] of both) {
    const { url, a, b, c, members } = await trio(client);
    const before = (await client.get(url)).body;
    const twice = await client.patch(url, [
      { op: 'add', path: 'members', value: [{ value: a }, { value: a }] },
    ]);
    t.match(twice.status, /^20[04]$/, mode);
    t.equal(twice.headers['etag'], before['meta'].version, mode);
    t.same((await client.get(url)).body, before, mode);
    const unknown = await client.patch(url, [
      {
        op: 'add',
        path: 'members',
        value: [{ value: c }, { value: '018f0000-0000-7000-8000-00000000dead' }],
      },
    ]);
    t.equal(refused(unknown, 400, 'invalidValue'), '', mode);
    t.same(await members(), sorted([a, b]), `${mode}: all or none`);
    const added = await client.patch(url, [{ op: 'add', path: 'members', value: [{ value: c }] }]);
    t.not(added.headers['etag'], before['meta'].version);
    t.same(await members(), sorted([a, b, c]));
  }
});

t.test('D5 B6.05 A8.01 A4.04 a member is immutable: it is removed and another one added', async (t) => {
  for (const [mode, client] of both) {
    const { url, a, b, c, members } = await trio(client);
    for (const [path, value] of [
      [`members[value eq "${a}"].value`, c],
      [`members[value eq "${a}"].type`, 'Group'],
      [`members[value eq "${a}"].display`, 'Name'],
      ['members.value', c],
    ] as const) {
      t.equal(
        refused(await client.patch(url, [{ op: 'replace', path, value }]), 400, 'mutability'),
        '',
        `${mode} ${path}`,
      );
    }
    const removed = await client.patch(url, [{ op: 'remove', path: `members[value eq "${a}"]` }]);
    t.match(removed.status, /^20[04]$/, mode);
    t.same(await members(), [b], mode);
    await client.patch(url, [{ op: 'replace', path: 'members', value: [{ value: a }, { value: c }] }]);
    t.same(await members(), sorted([a, c]), mode);
    await client.patch(url, [{ op: 'remove', path: 'members' }]);
    t.same(await members(), [], mode);
    const absent = await client.patch(url, [{ op: 'remove', path: `members[value eq "${a}"]` }]);
    t.match(absent.status, /^20[04]$/, `${mode}: removing who is none is no fault`);
  }
});

t.test(
  'D4-27 B6.09 a group is answered 204 with its version, and 200 when attributes are asked for',
  async (t) => {
    const { url, c } = await trio(tolerant);
    const answer = await tolerant.patch(url, [{ op: 'add', path: 'members', value: [{ value: c }] }]);
    t.equal(answer.status, 204);
    t.equal(answer.text, '');
    const read = await tolerant.get(url);
    t.equal(answer.headers['etag'], read.headers['etag']);
    t.equal(answer.headers['location'], read.headers['location']);
    const asked = await tolerant.patch(`${url}?attributes=displayName`, [
      { op: 'replace', path: 'displayName', value: 'N' },
    ]);
    t.same([asked.status, asked.body['displayName']], [200, 'N']);
  },
);

t.test('B6.02 B6.06 A6.01 members and names change together, or not at all', async (t) => {
  const { url, a, b, c, members } = await trio(tolerant);
  await tolerant.group('Taken');
  const taken = await tolerant.patch(url, [
    { op: 'add', path: 'members', value: [{ value: c }] },
    { op: 'replace', path: 'displayName', value: 'TAKEN' },
  ]);
  t.equal(refused(taken, 409, 'uniqueness'), '');
  t.same(await members(), sorted([a, b]));
  t.equal(refused(await tolerant.patch(url, [{ op: 'remove', path: 'displayName' }]), 400, 'mutability'), '');
});
