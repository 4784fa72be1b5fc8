import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, ENTERPRISE, GROUP, groupOf, type Json, refused, USER, userOf, sorted } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const both = [
  ['tolerant', client],
  ['strict', strict],
] as const;
const read = async (one: typeof client, resource: Json, type = 'Users'): Promise<Json> =>
  (await one.get(`/${type}/${resource['id'] as string}`)).body;

t.test('B5.01 a replace never creates', async (t) => {
  for (const [mode, one] of both) {
    const url = '/Users/018f0000-0000-7000-8000-00000000dead';
    t.equal(refused(await one.put(url, userOf('risen')), 404), '', mode);
    t.equal((await one.find('/Users', 'userName eq "risen"')).body['totalResults'], 0, mode);
  }
});

t.test('B5.02 B5.06 A4.04 what is given replaces, what is left out is cleared', async (t) => {
  for (const [mode, one] of both) {
    const user = await one.user('ada', {
      title: 'Guide',
      nickName: 'Ad',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: 'a@x.org', type: 'work' }],
    });
    const { status, headers, body } = await one.put(
      `/Users/${user['id'] as string}`,
      userOf('ada', { title: 'Lady', name: { givenName: 'A.' }, emails: [], active: true }),
    );
    t.equal(status, 200, mode);
    t.match(body, { id: user['id'], userName: 'ada', title: 'Lady', name: { givenName: 'A.' } });
    t.equal(body['name'].familyName, undefined, mode);
    for (const gone of ['nickName', 'emails']) t.equal(body[gone], undefined, `${mode} ${gone}`);
    t.same(await read(one, user), body, 'the whole resource was answered');
    t.equal(headers['etag'], body['meta'].version);
    t.equal(headers['location'], body['meta'].location);
    t.not(body['meta'].version, user['meta'].version);
    t.equal(body['meta'].created, user['meta'].created);
  }
});

t.test(
  'B5.02 D4-22 what clients forget stays: active, an extension, members; strict mode clears what it may',
  async (t) => {
    for (const [mode, one] of both) {
      const user = await one.user('careful', { active: false, [ENTERPRISE]: { department: 'R&D' } });
      const { body } = await one.put(`/Users/${user['id'] as string}`, userOf('careful'));
      t.equal(body['active'], false, `${mode}: nobody is let in by omission`);
      t.same(body[ENTERPRISE], mode === 'strict' ? undefined : { department: 'R&D' }, mode);
      t.same(body['schemas'].includes(ENTERPRISE), mode !== 'strict', mode);

      const given = await one.put(`/Users/${user['id'] as string}`, {
        ...userOf('careful', { [ENTERPRISE]: { costCenter: '7' } }),
      });
      t.same(given.body[ENTERPRISE], { costCenter: '7' }, 'an extension that is given is replaced');

      const member = await one.user('member');
      const group = await one.group('Group', [member['id'] as string]);
      const url = `/Groups/${group['id'] as string}`;
      await one.put(url, groupOf('Renamed'));
      const members = (await read(one, group, 'Groups'))['members'] as Json[] | undefined;
      t.equal(members?.length, mode === 'strict' ? undefined : 1, mode);
      await one.put(url, { schemas: [GROUP], displayName: 'Emptied', members: [] });
      t.equal((await read(one, group, 'Groups'))['members'], undefined, mode);
    }
  },
);

t.test('B5.03 A1.08 A4.04 readOnly attributes in a replace are ignored', async (t) => {
  const user = await client.user('fixed');
  const { status, body } = await client.put(
    `/Users/${user['id'] as string}`,
    userOf('fixed', {
      id: 'other',
      meta: { version: 'W/"77"', created: '1999-01-01T00:00:00Z' },
      groups: [{ value: 'x' }],
    }),
  );
  t.equal(status, 200);
  t.same(body, user);
});

t.test(
  'B5.05 A4.02 what is required has to be in a replace, and stays as it was when it is not',
  async (t) => {
    for (const [mode, one] of both) {
      const user = await one.user('required', { title: 'x' });
      const url = `/Users/${user['id'] as string}`;
      for (const body of [
        { schemas: [USER] },
        { schemas: [USER], userName: null },
        { schemas: [USER], userName: '' },
      ]) {
        t.equal(refused(await one.put(url, body), 400, 'invalidValue'), '', mode);
      }
      const group = await one.group('Required');
      t.equal(
        refused(await one.put(`/Groups/${group['id'] as string}`, { schemas: [GROUP] }), 400, 'invalidValue'),
        '',
        mode,
      );
      t.same(await read(one, user), user, mode);
    }
  },
);

t.test('B5.06 B6.08 B11.05 the same content again changes neither version nor lastModified', async (t) => {
  const more = { title: 'Guide', active: true, emails: [{ value: 'a@x.org', type: 'work', primary: true }] };
  const user = await client.user('same', more);
  const { status, body } = await client.put(`/Users/${user['id'] as string}`, userOf('same', more));
  t.equal(status, 200);
  t.same(body, user);
  const again = await client.put(`/Users/${user['id'] as string}`, user);
  t.same(again.body, user, 'and what was read can be written back');
});

t.test(
  'B5.07 D4-18 A6.01 D4-50 a taken name is 409 and changes nothing; one’s own may be respelt',
  async (t) => {
    await client.user('taken');
    const user = await client.user('mine', { title: 'Guide' });
    const url = `/Users/${user['id'] as string}`;
    t.equal(refused(await client.put(url, userOf('TAKEN', { title: 'Other' })), 409, 'uniqueness'), '');
    t.same(await read(client, user), user);
    t.equal((await client.put(url, userOf('MINE', { title: 'Guide' }))).body['userName'], 'MINE');
    await client.group('Taken');
    const group = await client.group('Mine');
    t.equal(
      refused(await client.put(`/Groups/${group['id'] as string}`, groupOf('taken')), 409, 'uniqueness'),
      '',
    );
  },
);

t.test('B5.08 B11.02 a replace heeds If-Match', async (t) => {
  const user = await client.user('guarded');
  const url = `/Users/${user['id'] as string}`;
  const version = user['meta'].version as string;
  t.equal((await client.put(url, userOf('guarded', { title: 'a' }), { 'if-match': version })).status, 200);
  t.equal(
    refused(await client.put(url, userOf('guarded', { title: 'b' }), { 'if-match': version }), 412),
    '',
  );
  t.equal((await read(client, user))['title'], 'a');
});

t.test(
  'A8.03 A8.01 a replace of members sets the list, by identity, and refuses strangers whole',
  async (t) => {
    const [a, b, c] = [await client.user('a'), await client.user('b'), await client.user('c')];
    const group = await client.group('Set', [a?.['id'], b?.['id']] as string[]);
    const url = `/Groups/${group['id'] as string}`;
    const put = await client.put(url, groupOf('Set', [b?.['id'], c?.['id'], c?.['id']] as string[]));
    t.same(
      (put.body['members'] as Json[]).map(({ value }) => value as string).sort(),
      sorted([b?.['id'], c?.['id']]),
    );
    t.equal(refused(await client.put(url, groupOf('Changed', ['stranger'])), 400, 'invalidValue'), '');
    t.match(await read(client, group, 'Groups'), { displayName: 'Set', members: { length: 2 } });
  },
);

t.test('B5.02 A6.02 a replace without a password is no change, and one with it shows nothing', async (t) => {
  const user = await client.user('secretive');
  const answer = await client.put(
    `/Users/${user['id'] as string}`,
    userOf('secretive', { password: 'Pa55' }),
  );
  t.equal(answer.status, 200);
  t.notMatch(answer.text, /Pa55/);
});
