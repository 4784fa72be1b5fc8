import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  clientOf,
  ENTERPRISE,
  GROUP,
  groupOf,
  idsOf,
  type Json,
  refused,
  USER,
  userNames,
  userOf,
  sorted,
} from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const both = [
  ['tolerant', client],
  ['strict', strict],
] as const;

t.test(
  'B2.01 B3.01 A1.01 A1.11 A1.12 B11.01 a create is 201 with the whole resource, Location and ETag',
  async (t) => {
    const { status, headers, body } = await client.post('/Users', userOf('ada', { title: 'Countess' }));
    t.equal(status, 201);
    t.equal(headers['content-type'], 'application/scim+json; charset=utf-8');
    t.match(body, { schemas: [USER], userName: 'ada', title: 'Countess', active: true });
    t.equal(headers['location'], body['meta'].location);
    t.equal(headers['content-location'], body['meta'].location);
    t.match(body['meta'].location, new RegExp(`/scim/v2/Users/${body['id'] as string}$`));
    t.equal(headers['etag'], body['meta'].version);
    t.match(body['meta'].version, /^W\/"\d+"$/);
    const read = await client.get(`/Users/${body['id'] as string}`);
    t.same(read.body, body, 'what was answered is what is read');
  },
);

t.test(
  'A1.05 A1.06 B2.02 D4-20 A1.08 the id and meta are the server’s, whatever the body says',
  async (t) => {
    const claimed = {
      id: 'mine',
      meta: {
        resourceType: 'Robot',
        created: '2001-01-01T00:00:00Z',
        location: 'http://x/',
        version: 'W/"99"',
      },
      groups: [{ value: 'g1' }],
    };
    const { body } = await client.post('/Users', userOf('claimant', claimed));
    t.match(body['id'], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    t.equal(body['groups'], undefined);
    t.equal(body['meta'].resourceType, 'User');
    t.ok(Date.parse(body['meta'].created as string) > Date.parse('2020-01-01'));
    t.not(body['meta'].version, 'W/"99"');
    const upper = await client.get(`/Users/${String(body['id']).toUpperCase()}`);
    t.equal(refused(upper, 404), '', 'ids compare case-exactly');
    const group = await client.group('Claimants');
    t.not(group['id'], body['id']);
  },
);

t.test('A1.09 A1.10 B2.06 meta names the type of the endpoint and the moment of creation', async (t) => {
  const user = await client.user('typed');
  const group = await client.group('Typed');
  t.equal(user['meta'].resourceType, 'User');
  t.equal(group['meta'].resourceType, 'Group');
  t.match(user['meta'].created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.equal(user['meta'].lastModified, user['meta'].created);
});

t.test(
  'A1.04 A1.07 D4-45 externalId is the client’s, on every type, case-exact and not unique',
  async (t) => {
    await client.user('external-1', { externalId: 'X-1' });
    await client.user('external-2', { externalId: 'X-1' });
    await client.user('external-3', { externalId: 'x-1' });
    t.equal((await client.user('external-4'))['externalId'], undefined, 'never set by the server');
    const group = await client.post('/Groups', { ...groupOf('External'), externalId: 'X-1' });
    t.equal(group.body['externalId'], 'X-1');
    t.same(userNames(await client.find('/Users', 'externalId eq "X-1"')), ['external-1', 'external-2']);
    t.same(idsOf(await client.find('/Groups', 'externalId eq "X-1"')), [group.body['id']]);
  },
);

t.test('A6.01 B2.04 D4-18 A4.06 B14.01 a taken userName is 409, however it is spelt', async (t) => {
  await client.user('Bjensen@Example.com');
  for (const again of ['Bjensen@Example.com', 'bjensen@example.COM', 'ｂjensen@example.com']) {
    t.equal(refused(await client.post('/Users', userOf(again)), 409, 'uniqueness'), '', again);
  }
  await client.user('strasse');
  t.equal((await client.post('/Users', userOf('straße'))).status, 201, 'UsernameCaseMapped does not fold ß');
  await client.user('Müller');
  t.equal(refused(await client.post('/Users', userOf('mu\u0308LLER')), 409, 'uniqueness'), '', 'NFC');
  await client.group('Admins');
  t.equal(refused(await client.post('/Groups', groupOf('ADMINS')), 409, 'uniqueness'), '');
});

t.test('A8.04 a group may be empty, and may share its name where the tenant allows it', async (t) => {
  t.equal((await client.group('Empty'))['members'], undefined);
  await app.admin('PATCH', '/tenants/strict', { allowDuplicateGroupNames: true });
  await strict.group('Twins');
  t.equal((await strict.post('/Groups', groupOf('Twins'))).status, 201);
  const { body } = await strict.get(`/Schemas/${GROUP}`);
  const name = (body['attributes'] as Json[]).find((attribute) => attribute['name'] === 'displayName');
  t.equal(name?.['uniqueness'], 'none', 'and says so');
});

t.test(
  'B2.05 A4.02 B12.02 what is missing or of the wrong type is invalidValue, what has no structure invalidSyntax',
  async (t) => {
    for (const [mode, one] of both) {
      for (const body of [
        { schemas: [USER] },
        { schemas: [USER], userName: null },
        { schemas: [USER], userName: '' },
        userOf('x', { active: 'perhaps' }),
        userOf('x', { name: 'Ada' }),
        userOf('x', { emails: [{ primary: 'perhaps' }] }),
        userOf('x', { emails: true }),
        userOf('x', { userName: { value: 'x' } }),
        userOf('x', { title: ['a', 'b'] }),
        userOf('x', { [ENTERPRISE]: 'R&D' }),
      ]) {
        t.equal(
          refused(await one.post('/Users', body), 400, 'invalidValue'),
          '',
          `${mode} ${JSON.stringify(body)}`,
        );
      }
      for (const body of [
        [],
        '"text"',
        '7',
        'null',
        '{',
        '',
        { schemas: USER, userName: 'x' },
        { schemas: [7], userName: 'x' },
      ]) {
        const answer = await one.post('/Users', body);
        t.equal(refused(answer, 400, 'invalidSyntax'), '', `${mode} ${JSON.stringify(body)}`);
      }
      t.equal(refused(await one.post('/Groups', { schemas: [GROUP] }), 400, 'invalidValue'), '', mode);
    }
    t.equal((await client.find('/Users', 'userName eq "x"')).body['totalResults'], 0, 'nothing was made');
  },
);

t.test(
  'A1.02 A1.03 A2.07 A2.08 D4-39 D4-40 schemas is judged in strict mode and inferred otherwise',
  async (t) => {
    const unlisted = { schemas: [USER], userName: 'unlisted', [ENTERPRISE]: { department: 'R&D' } };
    const accepted = await client.post('/Users', unlisted);
    t.equal(accepted.status, 201);
    t.same(sorted(accepted.body['schemas'] as string[]), sorted([USER, ENTERPRISE]));
    t.equal(refused(await strict.post('/Users', unlisted), 400, 'invalidSyntax'), '');

    const unused = await client.post('/Users', { schemas: [ENTERPRISE, USER], userName: 'unused' });
    t.same(unused.body['schemas'], [USER], 'without its container an extension is not in use');

    const foreign = { schemas: [USER, 'urn:example:other'], userName: 'foreign' };
    t.same((await client.post('/Users', foreign)).body['schemas'], [USER]);
    t.equal(refused(await strict.post('/Users', foreign), 400, 'invalidSyntax'), '');
    const twice = { schemas: [USER, USER.toLowerCase()], userName: 'twice' };
    t.same((await client.post('/Users', twice)).body['schemas'], [USER]);
    t.equal(refused(await strict.post('/Users', twice), 400, 'invalidSyntax'), '', 'A1.02 each but once');
    const withoutBase = { schemas: [ENTERPRISE], userName: 'baseless' };
    t.equal((await client.post('/Users', withoutBase)).status, 201);
    t.equal(refused(await strict.post('/Users', withoutBase), 400, 'invalidSyntax'), '');

    t.same((await client.post('/Users', { userName: 'bare' })).body['schemas'], [USER]);
    t.equal(refused(await strict.post('/Users', { userName: 'bare' }), 400, 'invalidSyntax'), '');
    const spelt = await strict.post('/Users', { schemas: [USER.toUpperCase()], userName: 'shouted' });
    t.same([spelt.status, spelt.body['schemas']], [201, [USER]]);
  },
);

t.test('D4-15 A1.16 A2.01 undeclared attributes are not kept, and refused in strict mode', async (t) => {
  const given = { shoeSize: 44, name: { givenName: 'Al', nickname: 'x' } };
  const { status, body } = await client.post('/Users', userOf('undeclared', given));
  t.equal(status, 201);
  t.equal(body['shoeSize'], undefined);
  t.same(body['name'], { givenName: 'Al' });
  const extended = await client.user('extended', { [ENTERPRISE]: { department: 'R&D', hat: 'red' } });
  t.same(extended[ENTERPRISE], { department: 'R&D' });
  t.equal(extended['department'], undefined, 'an extension’s attributes are in its object');
});

t.test(
  'A1.13 A1.14 A1.15 D5 names are case-insensitive, order means nothing, and a name counts once',
  async (t) => {
    const { status, body } = await client.post('/Users', {
      EMAILS: [{ TYPE: 'work', Value: 'a@b.c' }],
      USERNAME: 'shouter',
      Schemas: [USER],
    });
    t.equal(status, 201);
    t.match(body, { userName: 'shouter', emails: [{ type: 'work', value: 'a@b.c' }] });
    for (const [mode, one] of both) {
      for (const raw of [
        `{"schemas":["${USER}"],"userName":"a","USERNAME":"b"}`,
        `{"schemas":["${USER}"],"userName":"a","userName":"b"}`,
        `{"schemas":["${USER}"],"userName":"a","name":{"givenName":"a","GIVENNAME":"b"}}`,
      ]) {
        t.equal(refused(await one.post('/Users', raw), 400, 'invalidSyntax'), '', `${mode} ${raw}`);
      }
      for (const more of ['"__proto__":{"active":false}', '"constructor":{"prototype":{"active":false}}']) {
        const raw = `{"schemas":["${USER}"],"userName":"polluter",${more}}`;
        t.equal(refused(await one.post('/Users', raw), 400, 'invalidSyntax'), '', `${mode} ${more}`);
      }
    }
    t.equal(({} as Json)['active'], undefined);
  },
);

t.test(
  'A5.02 D4-44 of two primary values the first stays primary, and strict mode refuses them',
  async (t) => {
    const emails = [
      { value: 'a@x.org', primary: true },
      { value: 'b@x.org', primary: true },
    ];
    const { body } = await client.post('/Users', userOf('primaries', { emails }));
    t.match(body['emails'], [
      { value: 'a@x.org', primary: true },
      { value: 'b@x.org', primary: false },
    ]);
    t.equal(refused(await strict.post('/Users', userOf('primaries', { emails })), 400, 'invalidValue'), '');
  },
);

t.test('A5.05 A5.06 A5.07 D4-46 null, the empty list and the empty object are no value', async (t) => {
  const nothing = {
    title: null,
    emails: [],
    name: {},
    roles: [{}],
    addresses: [null],
    [ENTERPRISE]: { manager: {} },
  };
  for (const [mode, one] of both) {
    const { status, body } = await one.post('/Users', userOf('nothing', nothing));
    t.equal(status, 201, mode);
    for (const name of Object.keys(nothing)) t.equal(body[name], undefined, `${mode} ${name}`);
    t.same(body['schemas'], [USER], mode);
  }
  t.equal((await client.user('hushed', { title: '' }))['title'], undefined);
  t.equal((await strict.user('hushed', { title: '' }))['title'], '');
  t.same(userNames(await strict.find('/Users', 'userName eq "hushed" and title pr')), []);
});

t.test(
  'A6.03 A4.09 B2.03 a user is active unless the body says otherwise, and filters find that',
  async (t) => {
    const user = await client.user('defaulted');
    t.equal(user['active'], true);
    t.equal((await client.user('inactive', { active: false }))['active'], false);
    const found = userNames(await client.find('/Users', 'active eq true'));
    t.ok(found.includes('defaulted'));
    t.notOk(found.includes('inactive'));
    for (const active of [null, []]) {
      const answer = await client.post('/Users', userOf(`cleared-${JSON.stringify(active)}`, { active }));
      t.equal(answer.body['active'], true, JSON.stringify(active));
    }
  },
);

t.test('A6.02 B15.05 a password is taken and never seen again', async (t) => {
  const { status, text, body } = await client.post('/Users', userOf('keeper', { password: 'S3cret-Wort' }));
  t.equal(status, 201);
  t.notMatch(text, /S3cret|password/);
  const url = `/Users/${body['id'] as string}`;
  t.notMatch((await client.get(`${url}?attributes=password`)).text, /S3cret|"password"/);
  const { rows } = await app.connection.pool.query('select r::text from rollcall_data.resources r');
  t.notMatch(JSON.stringify(rows), /S3cret/);
});

t.test('A3.01 A4.08 A6.06 A6.05 values of every type are kept as given, canonical or not', async (t) => {
  const given = {
    displayName: 'Ωμέγα 🙂 "quoted" \\ \n',
    preferredLanguage: 'de_CH',
    emails: [{ value: 'Mixed@Case.ORG', type: 'vacation' }],
    photos: [{ value: 'https://pics.example.com/1.png', type: 'photo' }],
    x509Certificates: [{ value: 'MIIB' }],
    addresses: [{ country: 'US', type: 'work', primary: true }],
  };
  const user = await client.user('verbatim', given);
  t.match(user, given);
  t.equal(
    refused(
      await client.post('/Users', userOf('x', { x509Certificates: [{ value: '%%' }] })),
      400,
      'invalidValue',
    ),
    '',
  );
});

t.test(
  'A3.02 A3.03 D4-51 a boolean is a boolean; one in quotes is understood, and refused in strict mode',
  async (t) => {
    t.equal((await client.user('quoted', { active: 'False' }))['active'], false);
    t.equal(
      refused(await strict.post('/Users', userOf('quoted', { active: 'False' })), 400, 'invalidValue'),
      '',
    );
    for (const [mode, one] of both) {
      for (const active of [0, 1, 'yes', {}, [true, false]]) {
        const answer = await one.post('/Users', userOf('x', { active }));
        t.equal(refused(answer, 400, 'invalidValue'), '', `${mode} ${JSON.stringify(active)}`);
      }
    }
  },
);

t.test('A7.02 a manager as a bare string is its value, and refused in strict mode', async (t) => {
  const boss = await client.user('boss');
  const user = await client.user('report', { [ENTERPRISE]: { manager: boss['id'] } });
  t.match(user[ENTERPRISE], { manager: { value: boss['id'] } });
  const bare = { schemas: [USER, ENTERPRISE], userName: 'report', [ENTERPRISE]: { manager: 'x' } };
  t.equal(refused(await strict.post('/Users', bare), 400, 'invalidValue'), '');
});

t.test('B14.02 B14.03 the name as written is kept, and what cannot be stored is invalidValue', async (t) => {
  t.equal((await client.user('MixedCase'))['userName'], 'MixedCase');
  t.equal((await client.user('with space & symbol ☃'))['userName'], 'with space & symbol ☃');
  for (const [mode, one] of both) {
    for (const raw of ['"a\\u0000b"', '"a\\ud800b"']) {
      const body = `{"schemas":["${USER}"],"userName":${raw}}`;
      t.equal(refused(await one.post('/Users', body), 400, 'invalidValue'), '', `${mode} ${raw}`);
      const title = `{"schemas":["${USER}"],"userName":"x","title":${raw}}`;
      t.equal(refused(await one.post('/Users', title), 400, 'invalidValue'), '', `${mode} ${raw}`);
    }
  }
});

t.test('B2.07 B4.55 attributes and excludedAttributes apply to the answer of a create', async (t) => {
  const only = await client.post(
    '/Users?attributes=title',
    userOf('chosen', { title: 'Guide', nickName: 'x' }),
  );
  t.same(Object.keys(only.body).sort(), ['id', 'schemas', 'title']);
  t.ok(only.headers['location']);
  const without = await client.post(
    '/Users?excludedAttributes=title,id',
    userOf('spared', { title: 'Guide' }),
  );
  t.equal(without.body['title'], undefined);
  t.ok(without.body['id']);
});

t.test('B2.08 a precondition or an idempotency key on a create changes nothing', async (t) => {
  const headers = { 'if-none-match': '*', 'idempotency-key': 'k1' };
  t.equal((await client.post('/Users', userOf('once'), headers)).status, 201);
  t.equal(refused(await client.post('/Users', userOf('once'), headers), 409, 'uniqueness'), '');
});
