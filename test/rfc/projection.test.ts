import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  clientOf,
  ENTERPRISE,
  type Json,
  PATCH_OP,
  refused,
  resourcesOf,
  SEARCH_REQUEST,
  userOf,
  sorted,
} from './client.ts';

const app = await openApp(t);
const client = clientOf(app);

const ada = await client.user('ada', {
  title: 'Countess',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { value: 'ada@work.org', type: 'work', primary: true },
    { value: 'ada@home.org', type: 'home' },
    { value: 'ada@else.org' },
  ],
  [ENTERPRISE]: { department: 'Engines', costCenter: '7' },
});
const url = `/Users/${ada['id'] as string}`;
const keys = (body: Json): string[] => Object.keys(body).sort();
const shown = async (query: string): Promise<Json> => (await client.get(`${url}?${query}`)).body;

t.test('B4.50 B4.06 A4.05 without parameters everything but the never returned is shown', async (t) => {
  const { body } = await client.get(url);
  t.same(
    keys(body),
    sorted(['active', 'emails', 'id', 'meta', 'name', 'schemas', 'title', ENTERPRISE, 'userName']),
  );
});

t.test(
  'B4.51 A4.05 D5 attributes adds to what is always returned, and never shows what is never returned',
  async (t) => {
    t.same(keys(await shown('attributes=userName')), ['id', 'schemas', 'userName']);
    t.same(keys(await shown('attributes=password')), ['id', 'schemas']);
    t.same(keys(await shown('attributes=userName,title')), ['id', 'schemas', 'title', 'userName']);
    t.same(keys(await shown('attributes=meta')), ['id', 'meta', 'schemas']);
    t.same(keys((await shown('attributes=meta.version'))['meta'] as Json), ['version']);
  },
);

t.test('B4.51 D5 excludedAttributes takes away, but not what is always returned', async (t) => {
  const body = await shown('excludedAttributes=id,userName,schemas');
  t.same(keys(body), sorted(['active', 'emails', 'id', 'meta', 'name', 'schemas', 'title', ENTERPRISE]));
  t.equal((await shown('excludedAttributes=meta'))['meta'], undefined);
});

t.test('B4.52 D4-32 both at once are invalidValue, wherever they can be given', async (t) => {
  const both = 'attributes=userName&excludedAttributes=title';
  t.equal(refused(await client.get(`${url}?${both}`), 400, 'invalidValue'), '');
  t.equal(refused(await client.get(`/Users?${both}`), 400, 'invalidValue'), '');
  t.equal(refused(await client.post(`/Users?${both}`, userOf('never')), 400, 'invalidValue'), '');
  t.equal(refused(await client.put(`${url}?${both}`, userOf('ada')), 400, 'invalidValue'), '');
  t.equal((await client.find('/Users', 'userName eq "never"')).body['totalResults'], 0);
  t.equal((await client.get(url)).body['title'], 'Countess');
});

t.test('B4.53 a sub-attribute is shown or left out alone, in every element', async (t) => {
  t.same((await shown('attributes=name.givenName'))['name'], { givenName: 'Ada' });
  t.same((await shown('attributes=name'))['name'], { givenName: 'Ada', familyName: 'Lovelace' });
  t.same((await shown('attributes=emails.type'))['emails'], [{ type: 'work' }, { type: 'home' }]);
  t.same((await shown('excludedAttributes=emails.value,emails.primary'))['emails'], [
    { type: 'work' },
    { type: 'home' },
  ]);
  t.same((await shown('excludedAttributes=name.givenName'))['name'], { familyName: 'Lovelace' });
});

t.test(
  'B4.54 D4-17 D4-33 A1.13 names are read with URN, in any case, with spaces, and unknown ones are ignored',
  async (t) => {
    t.same(keys(await shown(`attributes=${ENTERPRISE}`)), sorted(['id', 'schemas', ENTERPRISE]));
    t.same((await shown(`attributes=${ENTERPRISE}:department`))[ENTERPRISE], { department: 'Engines' });
    t.same((await shown(`excludedAttributes=${ENTERPRISE}:department`))[ENTERPRISE], { costCenter: '7' });
    t.equal((await shown(`excludedAttributes=${ENTERPRISE}`))[ENTERPRISE], undefined);
    const urn = 'URN:IETF:params:scim:schemas:core:2.0:user:USERNAME';
    t.same(keys(await shown(`attributes=${urn}`)), ['id', 'schemas', 'userName']);
    t.same(keys(await shown('attributes=%20USERNAME%20,%20Title')), ['id', 'schemas', 'title', 'userName']);
    t.same(keys(await shown('attributes=userName,shoeSize,name.shoe')), ['id', 'schemas', 'userName']);
    t.same(keys(await shown('attributes=shoeSize')), ['id', 'schemas'], 'nothing known was asked for');
    t.same(await shown('excludedAttributes=shoeSize'), ada);
  },
);

t.test('B4.56 schemas tells what is in use, whatever is shown', async (t) => {
  for (const query of ['attributes=userName', `excludedAttributes=${ENTERPRISE},schemas`, 'attributes=id']) {
    t.same((await shown(query))['schemas'], ada['schemas'], query);
  }
});

t.test('B4.55 B4.06 B2.07 B6.09 projection applies to lists, searches, PUT and PATCH', async (t) => {
  const list = resourcesOf((await client.get('/Users?attributes=title')).body);
  t.same(keys(list[0] as Json), ['id', 'schemas', 'title']);
  const without = resourcesOf((await client.get('/Users?excludedAttributes=emails,name')).body);
  t.equal(without[0]?.['emails'], undefined);
  t.equal(without[0]?.['userName'], 'ada');
  const body = userOf('ada', { title: 'Lady', emails: ada['emails'] as object });
  const replaced = await client.put(`${url}?attributes=title`, body);
  t.same(
    [replaced.status, keys(replaced.body), replaced.body['title']],
    [200, ['id', 'schemas', 'title'], 'Lady'],
  );
  const message = { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'title', value: 'Dame' }] };
  const patched = await client.send('PATCH', `${url}?attributes=title`, message);
  t.same(
    [patched.status, keys(patched.body), patched.body['title']],
    [200, ['id', 'schemas', 'title'], 'Dame'],
  );
  const group = await client.group('Group', [ada['id'] as string]);
  const changed = await client.patch(`/Groups/${group['id'] as string}?attributes=members`, [
    { op: 'replace', path: 'displayName', value: 'Renamed' },
  ]);
  t.equal(changed.status, 200, 'asked for attributes, a group is shown');
  t.same(keys(changed.body), ['id', 'members', 'schemas']);
});

t.test('B4.54 B4.55 B4.60 a search lists the names, or joins them by commas', async (t) => {
  for (const attributes of [['title', ' USERNAME '], 'title, userName']) {
    const answer = await client.post('/Users/.search', { schemas: [SEARCH_REQUEST], attributes });
    t.equal(answer.status, 200);
    t.same(keys(resourcesOf(answer.body)[0] ?? {}), ['id', 'schemas', 'title', 'userName']);
  }
  const excludedAttributes = ['emails'];
  const body = { schemas: [SEARCH_REQUEST], excludedAttributes };
  t.equal(resourcesOf((await client.post('/Users/.search', body)).body)[0]?.['emails'], undefined);
  const both = { ...body, attributes: ['title'] };
  t.equal(refused(await client.post('/Users/.search', both), 400, 'invalidValue'), '');
});
