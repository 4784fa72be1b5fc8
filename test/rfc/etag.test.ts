import t from 'tap';
import { openApp } from '../support/app.ts';
import { type Answer, clientOf, type Json, refused, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const number = (version: unknown): number => Number(/^W\/"(\d+)"$/.exec(String(version))?.[1]);

t.test('B11.01 B11.05 A1.12 every answer with a resource bears its version, and versions grow', async (t) => {
  const made = await client.post('/Users', userOf('ada'));
  const url = `/Users/${made.body['id'] as string}`;
  const answers: Answer[] = [
    made,
    await client.patch(url, [{ op: 'add', path: 'title', value: 'a' }]),
    await client.put(url, userOf('ada', { title: 'b' })),
    await client.patch(url, [{ op: 'remove', path: 'title' }]),
  ];
  let last = 0;
  for (const { headers, body } of answers) {
    t.equal(headers['etag'], body['meta'].version);
    t.ok(number(headers['etag']) > last);
    last = number(headers['etag']);
  }
  t.ok(
    Date.parse(answers.at(-1)?.body['meta'].lastModified as string) >=
      Date.parse(made.body['meta'].created as string),
  );
  const read = await client.get(url);
  t.equal(read.headers['etag'], answers.at(-1)?.headers['etag'], 'reading changes nothing');
});

t.test(
  'B11.02 B11.03 B11.06 B11.07 D4-29 D5 If-Match compares opaque tags, takes lists and *, and is a mismatch when unreadable',
  async (t) => {
    const user = await client.user('match');
    const url = `/Users/${user['id'] as string}`;
    const current = async (): Promise<string> => (await client.get(url)).headers['etag'] as string;
    const change = async (tag: string): Promise<Answer> =>
      client.patch(url, [{ op: 'replace', path: 'title', value: `${tag} ${await current()}` }], {
        'if-match': tag,
      });
    const weak = await current();
    t.equal((await change(weak)).status, 200, 'weak');
    t.equal((await change((await current()).slice(2))).status, 200, 'strong');
    t.equal((await change(`"x", ${await current()}`)).status, 200, 'one of a list');
    t.equal((await change('*')).status, 200, 'any');
    const version = await current();
    for (const tag of [weak, '"x"', 'x', '', '"', 'W/', version.replaceAll('"', '')]) {
      const answer = await change(tag);
      t.equal(refused(answer, 412), '', JSON.stringify(tag));
      t.equal(answer.body['scimType'], undefined);
    }
    t.equal(await current(), version);
  },
);

t.test('B11.04 a precondition is judged before what the body would change, and 404 before it', async (t) => {
  const user = await client.user('order');
  await client.user('taken');
  const url = `/Users/${user['id'] as string}`;
  const stale = { 'if-match': 'W/"0"' };
  t.equal(refused(await client.put(url, userOf('taken'), stale), 412), '');
  t.equal(
    refused(await client.patch(url, [{ op: 'replace', path: 'userName', value: 'taken' }], stale), 412),
    '',
  );
  const absent = '/Users/018f0000-0000-7000-8000-00000000dead';
  t.equal(refused(await client.put(absent, userOf('x'), stale), 404), '');
  t.equal(
    refused(await client.patch(absent, [{ op: 'add', path: 'title', value: 'x' }], { 'if-match': '*' }), 404),
    '',
  );
});

t.test('B11.05 B6.08 a no-op changes neither version nor lastModified', async (t) => {
  const user = await client.user('idle', { title: 'Guide' });
  const url = `/Users/${user['id'] as string}`;
  const none = [
    { op: 'add', path: 'title', value: 'Guide' },
    { op: 'replace', path: 'title', value: 'Guide' },
    { op: 'remove', path: 'nickName' },
    { op: 'replace', value: { title: 'Guide', active: true } },
  ];
  for (const operation of none) {
    const { status, body } = await client.patch(url, [operation]);
    t.equal(status, 200);
    t.same(body['meta'], user['meta'], JSON.stringify(operation));
  }
  const back = await client.patch(url, [
    { op: 'replace', path: 'title', value: 'Other' },
    { op: 'replace', path: 'title', value: 'Guide' },
  ]);
  t.same(back.body['meta'], user['meta'], 'there and back again');
});

t.test('D4-30 B11.05 a change of a group changes its own version, not that of its members', async (t) => {
  const user = await client.user('still');
  const group = await client.group('Moving');
  const url = `/Groups/${group['id'] as string}`;
  const joined = await client.patch(url, [{ op: 'add', path: 'members', value: [{ value: user['id'] }] }]);
  t.ok(number(joined.headers['etag']) > number(group['meta'].version));
  const member = (await client.get(`/Users/${user['id'] as string}`)).body;
  t.equal((member['groups'] as Json[]).length, 1);
  t.same(member['meta'], user['meta']);
});
