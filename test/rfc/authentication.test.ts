import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, groupOf, idsOf, refused, userOf } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const nobody = clientOf(app, '');

t.test(
  'B13.01 B13.04 B13.08 B13.10 D5 without a token, or with a wrong one, the answer is 401 and names the scheme',
  async (t) => {
    const url = '/Users';
    const cases: [headers: Record<string, string>, challenge: RegExp][] = [
      [{}, /^Bearer realm="[^"]+"$/],
      [{ authorization: 'Basic YTpi' }, /^Bearer realm="[^"]+"$/],
      [{ cookie: `token=${app.token}` }, /^Bearer realm="[^"]+"$/],
      [{ authorization: 'Bearer wrong' }, /^Bearer realm="[^"]+", error="invalid_token"$/],
      [{ authorization: `Bearer ${app.token.slice(0, -1)}` }, /error="invalid_token"/],
    ];
    for (const [headers, challenge] of cases) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const answer = await nobody.send(method, url, undefined, headers);
        t.equal(refused(answer, 401), '', `${method} ${JSON.stringify(headers)}`);
        t.match(answer.headers['www-authenticate'], challenge, JSON.stringify(headers));
      }
    }
    t.equal(
      refused(await nobody.post('/Users', userOf('anonymous')), 401),
      '',
      'nobody is created anonymously',
    );
  },
);

t.test('B13.04 B15.04 D5 a token in the address or the body is not read', async (t) => {
  t.equal(refused(await nobody.get(`/Users?access_token=${app.token}`), 401), '');
  const body = `access_token=${app.token}`;
  const answer = await nobody.post('/Users', body, { 'content-type': 'application/x-www-form-urlencoded' });
  t.equal(refused(answer, 401), '');
  t.equal((await client.get('/Users?access_token=other')).status, 200, 'nor does it disturb');
});

t.test('B13.10 401 comes first: before 404, 405, 406, 413 and 415', async (t) => {
  const attempts = [
    nobody.get('/Nothing'),
    nobody.get('/Users/018f0000-0000-7000-8000-00000000dead'),
    nobody.send('DELETE', '/Users'),
    nobody.get('/Users', { accept: 'text/html' }),
    nobody.post('/Users', 'x'.repeat(1_100_000)),
    nobody.post('/Users', '<a/>', { 'content-type': 'text/xml' }),
    nobody.get('/Users?filter=bad'),
    nobody.post('/Bulk', {}),
    nobody.post('/.search', {}),
  ];
  for (const attempt of attempts) t.equal(refused(await attempt, 401), '');
});

t.test('B13.03 a token that is revoked, or whose tenant is suspended, is refused', async (t) => {
  const answer = await app.admin('POST', '/tenants/acme/tokens', { name: 'short', expiresIn: '30d' });
  const made = answer.json<{ id: string; token: string }>();
  const short = clientOf(app, made.token);
  t.equal((await short.get('/Users')).status, 200);
  await app.admin('DELETE', `/tenants/acme/tokens/${made.id}`);
  t.equal(refused(await short.get('/Users'), 401), '');
  const suspended = clientOf(app, (await app.addTenant('suspended')).token);
  t.equal((await suspended.get('/Users')).status, 200);
  await app.admin('PATCH', '/tenants/suspended', { active: false });
  t.equal(refused(await suspended.get('/Users'), 401), '');
  const { rows } = await app.connection.pool.query('select t::text from rollcall_data.tokens t');
  t.notMatch(JSON.stringify(rows), app.token.slice(10), 'only a digest is stored');
});

t.test('B15.01 B15.02 B15.03 D4-43 the tenant is the token’s, and nothing leads out of it', async (t) => {
  const { token } = await app.addTenant('neighbours');
  const neighbour = clientOf(app, token);
  const mine = await client.user('same-name', { externalId: 'X' });
  const theirs = await neighbour.user('same-name', { externalId: 'X' });
  await client.group('Same');
  await neighbour.group('Same');
  for (const header of ['x-tenant', 'x-tenant-id', 'x-forwarded-host', 'host']) {
    t.same(idsOf(await client.get('/Users', { [header]: 'neighbours' })), [mine['id']], header);
  }
  t.same(idsOf(await client.find('/Users', `userName eq "same-name" or id eq "${theirs['id'] as string}"`)), [
    mine['id'],
  ]);
  const url = `/Users/${theirs['id'] as string}`;
  t.equal(refused(await client.get(url), 404), '');
  t.equal(refused(await client.put(url, userOf('stolen')), 404), '');
  t.equal(refused(await client.patch(url, [{ op: 'replace', path: 'active', value: false }]), 404), '');
  t.equal(refused(await client.remove(url), 404), '');
  t.equal(
    refused(await client.post('/Groups', groupOf('Mixed', [theirs['id'] as string])), 400, 'invalidValue'),
    '',
  );
  t.same((await neighbour.get(url)).body, theirs);
});
