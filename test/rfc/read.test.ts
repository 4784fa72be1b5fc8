import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, groupOf, type Json, refused, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const other = clientOf(app, (await app.addTenant('other')).token);

t.test('B3.01 A1.11 A1.12 a read is 200 with the resource, its ETag and its Location', async (t) => {
  const user = await client.user('ada', { title: 'Countess' });
  const { status, headers, body } = await client.get(`/Users/${user['id'] as string}`);
  t.equal(status, 200);
  t.same(body, user);
  t.equal(headers['etag'], user['meta'].version);
  t.equal(headers['location'], user['meta'].location);
  t.equal(headers['content-location'], user['meta'].location);
});

t.test(
  'B3.02 D4-43 B13.10 B15.01 B15.02 D5 what is unknown, malformed, deleted or another tenant’s is 404 alike',
  async (t) => {
    const user = await client.user('hidden', { externalId: 'E1' });
    const theirs = await other.user('hidden', { externalId: 'E1' });
    t.not(theirs['id'], user['id'], 'the same name in another tenant is another resource');
    const gone = await client.user('gone');
    await client.remove(`/Users/${gone['id'] as string}`);
    const group = await client.group('Group');
    const absent = {
      unknown: '018f0000-0000-7000-8000-00000000dead',
      malformed: 'not-a-uuid',
      odd: encodeURIComponent("'; drop table resources; --"),
      dotted: `${user['id'] as string}.scim`,
      deleted: gone['id'] as string,
      'another tenant’s': theirs['id'] as string,
      'of another type': group['id'] as string,
    };
    for (const [what, id] of Object.entries(absent)) {
      const url = `/Users/${id}`;
      t.equal(refused(await client.get(url), 404), '', `GET ${what}`);
      t.equal(refused(await client.put(url, userOf('x')), 404), '', `PUT ${what}`);
      t.equal(
        refused(await client.patch(url, [{ op: 'replace', path: 'title', value: 'x' }]), 404),
        '',
        `PATCH ${what}`,
      );
      t.equal(refused(await client.remove(url), 404), '', `DELETE ${what}`);
    }
    t.same((await other.get(`/Users/${theirs['id'] as string}`)).body, theirs);
    t.equal((await client.find('/Users', 'externalId eq "E1"')).body['totalResults'], 1);
  },
);

t.test('B15.02 another tenant’s resource cannot be a member, nor can it be found', async (t) => {
  const theirs = await other.user('theirs');
  const answer = await client.post('/Groups', groupOf('Foreigners', [theirs['id'] as string]));
  t.equal(refused(answer, 400, 'invalidValue'), '');
  for (const filter of [
    `id eq "${theirs['id'] as string}"`,
    'userName eq "theirs"',
    'not (userName eq "x")',
  ]) {
    const { body } = await client.find('/Users', filter);
    t.notOk(
      (body['Resources'] as Json[]).some(({ id }) => id === theirs['id']),
      filter,
    );
  }
});

t.test(
  'B3.03 D4-34 filter, sorting and paging of one resource mean nothing; strict mode refuses a filter',
  async (t) => {
    const user = await client.user('one');
    const query = '?filter=userName%20eq%20%22nobody%22&sortBy=userName&startIndex=5&count=0';
    t.same((await client.get(`/Users/${user['id'] as string}${query}`)).body, user);
    const exact = await strict.user('one');
    const answer = await strict.get(`/Users/${exact['id'] as string}?filter=userName%20pr`);
    t.equal(refused(answer, 400, 'invalidFilter'), '');
  },
);

t.test('B3.04 B11.02 B11.03 D5 If-None-Match with the version that is current saves the body', async (t) => {
  const user = await client.user('cached');
  const url = `/Users/${user['id'] as string}`;
  const version = user['meta'].version as string;
  const opaque = version.replace(/^W\//, '');
  for (const tag of [version, opaque, '*', `W/"x", ${version}`, `"x",${opaque}`]) {
    const answer = await client.get(url, { 'if-none-match': tag });
    t.equal(answer.status, 304, tag);
    t.equal(answer.text, '', tag);
    t.equal(answer.headers['etag'], version, tag);
    t.equal(answer.headers['content-type'], undefined, tag);
  }
  for (const tag of ['W/"0"', '"x"', 'x']) {
    t.equal((await client.get(url, { 'if-none-match': tag })).status, 200, tag);
  }
  await client.patch(url, [{ op: 'add', path: 'title', value: 'x' }]);
  t.equal((await client.get(url, { 'if-none-match': version })).status, 200, 'after a change');
});

t.test('A8.02 D4-47 members are shown by default and left out on request', async (t) => {
  const user = await client.user('shown');
  const group = await client.group('Shown', [user['id'] as string]);
  const url = `/Groups/${group['id'] as string}`;
  t.match((await client.get(url)).body['members'], [{ value: user['id'], type: 'User' }]);
  t.equal((await client.get(`${url}?excludedAttributes=members`)).body['members'], undefined);
  t.equal((await client.get(`${url}?attributes=displayName`)).body['members'], undefined);
  t.same((await client.get(`${url}?attributes=members.value`)).body['members'], [{ value: user['id'] }]);
});
