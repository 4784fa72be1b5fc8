import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, refused, userOf, sorted } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);

t.test(
  'B15.04 B15.05 B12.01 what is told of a request holds neither names nor values nor secrets',
  async (t) => {
    app.observed.length = 0;
    const user = await client.user('secret-name', {
      password: 'S3cret',
      emails: [{ value: 'secret@mail.org' }],
    });
    await client.find('/Users', 'userName eq "secret-name" and emails.value eq "secret@mail.org"');
    await client.post('/Users', userOf('secret-name'));
    await client.get(`/Users?access_token=${app.token}`);
    await client.patch(`/Users/${user['id'] as string}`, [{ op: 'replace', path: 'userName', value: '' }]);
    t.ok(app.observed.length >= 5);
    const told = JSON.stringify(app.observed, (_key, value: unknown) =>
      value instanceof Error ? String(value) : value,
    );
    for (const secret of ['secret-name', 'secret@mail.org', 'S3cret', app.token])
      t.notOk(told.includes(secret), secret);
  },
);

t.test('B12.01 B12.02 B4.12 an error tells a person what to do, and nothing from inside', async (t) => {
  await client.user('errors');
  const answers = [
    await client.get('/Users/none'),
    await client.get('/Nothing'),
    await client.post('/Users', '{'),
    await client.post('/Users', userOf('errors')),
    await client.find('/Users', 'foo eq "x"'),
    await client.find('/Users', "userName eq 'x"),
    await client.get('/Users?count=x'),
    await client.send('DELETE', '/Users'),
    await client.get('/Schemas?filter=x'),
    await client.get('/Me'),
  ];
  const known =
    /^(?:invalidFilter|tooMany|uniqueness|mutability|invalidSyntax|invalidPath|noTarget|invalidValue|invalidVers|sensitive|invalidCursor|expiredCursor|invalidCount)$/;
  for (const answer of answers) {
    const { scimType, detail } = answer.body as { scimType?: string; detail: string };
    t.equal(refused(answer, answer.status, scimType), '');
    if (scimType !== undefined) t.match(scimType, known);
    t.notMatch(detail, /rollcall_data|select |\bat \w+ \(|node_modules|\.ts:|\.js:|constraint/i);
    t.equal(answer.headers['x-request-id'], /\[request ([0-9a-f-]+)\]$/.exec(detail)?.[1]);
    t.same(
      Object.keys(answer.body).sort(),
      sorted(['detail', ...(scimType ? ['scimType'] : []), 'schemas', 'status']),
    );
  }
});

t.test(
  'B15.07 no address that the server makes holds user information, and none that a client gives is followed',
  async (t) => {
    const user = await client.user('linked', { profileUrl: 'http://user:pass@127.0.0.1:9/x' });
    t.notMatch(JSON.stringify(user['meta']), '@');
    t.equal(user['profileUrl'], 'http://user:pass@127.0.0.1:9/x');
  },
);

t.test('B15.08 what is sent is a value wherever it goes', async (t) => {
  const nasty = `'; delete from rollcall_data.resources; -- "\\ % _ $1 {}`;
  const user = await client.user(nasty, { title: nasty, externalId: nasty });
  const quoted = JSON.stringify(nasty);
  for (const filter of [
    `userName eq ${quoted}`,
    `title eq ${quoted}`,
    `externalId eq ${quoted}`,
    `title sw ${quoted}`,
    `title co ${quoted}`,
  ]) {
    const { body } = await client.find('/Users', filter);
    t.same([body['totalResults'], body['Resources'][0].id], [1, user['id']], filter);
  }
  const url = `/Users/${user['id'] as string}`;
  t.equal(
    (await client.patch(url, [{ op: 'replace', path: 'nickName', value: nasty }])).body['nickName'],
    nasty,
  );
  t.equal((await client.get(`/Users?attributes=${encodeURIComponent(nasty)}`)).status, 200);
  t.equal((await client.get(url)).body['userName'], nasty);
});
