import t from 'tap';
import { openApp, type TestApp } from '../support/app.ts';
import { ENTERPRISE, PATCH_OP } from '../support/protocol.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const OWN = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
const OTHER = 'urn:okta:custom:2.0:User';

interface Undeclared {
  readonly undeclared: readonly {
    readonly name: string;
    readonly type: string;
    readonly resourceType: string;
    readonly client?: string;
    readonly count: number;
    readonly schema: string | null;
  }[];
  readonly schemas: readonly {
    readonly id: string;
    readonly extends: readonly string[];
    readonly attributes: readonly object[];
  }[];
}

const undeclared = async ({ admin }: TestApp): Promise<Undeclared> =>
  (await admin('GET', '/tenants/acme/undeclared')).json();
/** The list, once that many requests are in it: what they named is noted when the answer is out. */
const seen = async (app: TestApp, requests: number): Promise<Undeclared> => {
  for (;;) {
    const found = await undeclared(app);
    if (Math.max(0, ...found.undeclared.map(({ count }) => count)) >= requests) return found;
  }
};
const putAll = async ({ admin }: TestApp, { schemas }: Undeclared): Promise<void> => {
  for (const schema of schemas) await admin('PUT', `/tenants/acme/schemas/${schema.id}`, schema);
};

const body = {
  schemas: [USER, OTHER],
  userName: 'ada@example.com',
  favoriteColor: 'crimson',
  badge: { number: 7, active: true },
  phones: [{ value: '1', kind: 'desk' }],
  labels: ['a', 'b'],
  empty: [],
  nothing: null,
  'not a name': 'x',
  members: 'x',
  name: { nickName: 'x' },
  [ENTERPRISE]: { building: 'x' },
  [OTHER]: { shoeSize: 38, desk: { floor: 2 } },
};
const headers = { 'user-agent': 'idp/1.0' };

t.test(
  'D4-15 what clients send beyond the declared is listed, and kept once the ready-made schemas are added',
  async (t) => {
    const app = await openApp(t);
    const { scim, connection } = app;
    t.same(await undeclared(app), { undeclared: [], schemas: [] });
    const made = await scim({ method: 'POST', url: '/Users', payload: body, headers });
    t.match(made, { statusCode: 201 });
    const url = `/Users/${made.json().id}`;
    await scim({ method: 'PUT', url, payload: body, headers });
    const found = await seen(app, 2);

    const byName = Object.fromEntries(found.undeclared.map((one) => [one.name, one]));
    t.match(byName, {
      favoriteColor: { type: 'string', resourceType: 'User', client: 'idp/1.0', count: 2, schema: OWN },
      badge: { type: 'object', schema: OWN },
      'badge.number': { type: 'number', schema: OWN },
      phones: { type: 'object[]', schema: OWN },
      labels: { type: 'string[]', schema: OWN },
      empty: { type: 'array', schema: null },
      nothing: { type: 'null', schema: null },
      'not a name': { schema: null },
      members: { schema: null },
      'name.nickName': { schema: null },
      [`${ENTERPRISE}:building`]: { schema: null },
      [`${OTHER}:shoeSize`]: { type: 'number', schema: OTHER },
      [`${OTHER}:desk.floor`]: { type: 'number', schema: OTHER },
    });
    t.notOk(OTHER in byName, 'the container of an unknown schema is listed by what is in it');
    t.match(
      found.schemas.map(({ id, extends: types }) => [id, types]),
      [
        [OWN, ['User']],
        [OTHER, ['User']],
      ],
    );
    const { rows } = await connection.pool.query('select * from rollcall_data.undeclared');
    t.notMatch(JSON.stringify(rows), /crimson/, 'never a value');

    await putAll(app, found);
    const after = await scim({ method: 'PUT', url, payload: body, headers });
    t.match(after.json(), {
      [OWN]: { favoriteColor: 'crimson', badge: body.badge, phones: body.phones, labels: body.labels },
      [OTHER]: body[OTHER],
    });
    t.equal(
      (await scim({ url: `/Users?filter=${encodeURIComponent('favoriteColor eq "CRIMSON"')}` })).json()
        .totalResults,
      1,
    );
    const rest = await undeclared(app);
    t.same(rest.schemas, []);
    t.notOk(rest.undeclared.some(({ name }) => name === 'favoriteColor'));

    // One more attribute for each schema that is there by now: what is ready-made holds the old ones too.
    await scim({
      method: 'PUT',
      url,
      payload: { ...body, hat: 'x', badge: { colour: 'x' }, [OTHER]: { glove: 'x' } },
    });
    let grown = await undeclared(app);
    while (grown.schemas.length < 2) grown = await undeclared(app);
    await putAll(app, grown);
    t.match(
      (await scim({ method: 'PUT', url, payload: { ...body, hat: 'x', badge: { colour: 'x' } } })).json(),
      {
        [OWN]: { hat: 'x', favoriteColor: 'crimson', badge: { colour: 'x' } },
        [OTHER]: { shoeSize: 38 },
      },
    );
  },
);

t.test('D4-15 what a PATCH names lands too, by path and by value', async (t) => {
  const app = await openApp(t);
  const { scim } = app;
  const url = `/Users/${(await scim({ method: 'POST', url: '/Users', payload: { schemas: [USER], userName: 'ada' } })).json().id}`;
  const patch = () =>
    scim({
      method: 'PATCH',
      url,
      payload: {
        schemas: [PATCH_OP],
        Operations: [
          { op: 'replace', path: 'favoriteColor', value: 'crimson' },
          { op: 'replace', path: 'contacts[type eq "work"].value', value: '1' },
          { op: 'replace', path: `${OTHER}:shoeSize`, value: 38 },
          { op: 'replace', path: `${OTHER}:desk`, value: { floor: 2 } },
          { op: 'replace', value: { hat: 'x', [OTHER]: { glove: true } } },
        ],
      },
    });
  t.match(await patch(), { statusCode: 200 });
  const found = await seen(app, 1);
  t.ok(found.undeclared.every(({ schema }) => schema !== null));
  await putAll(app, found);
  t.match((await patch()).json(), {
    [OWN]: { favoriteColor: 'crimson', contacts: [{ type: 'work', value: '1' }], hat: 'x' },
    [OTHER]: { shoeSize: 38, desk: { floor: 2 }, glove: true },
  });
  t.same((await undeclared(app)).undeclared, []);
});

t.test('D4-15 a strict tenant sees what was refused', async (t) => {
  const app = await openApp(t);
  const strict = await app.addTenant('globex', 'strict');
  const payload = { schemas: [USER], userName: 'ada', hat: 'x' };
  const refused = await app.scim({
    method: 'POST',
    url: '/Users',
    payload,
    headers: { authorization: `Bearer ${strict.token}` },
  });
  t.match(refused, { statusCode: 400 });
  for (;;) {
    const found: Undeclared = (await app.admin('GET', '/tenants/globex/undeclared')).json();
    if (found.undeclared.length === 0) continue;
    t.match(found.undeclared, [{ name: 'hat', count: 1 }]);
    break;
  }
  t.same((await undeclared(app)).undeclared, [], 'B15 another tenant sees nothing of it');
});

t.test('D4-15 the provisioning log names the tolerances that an operation used', async (t) => {
  const { scim, admin } = await openApp(t);
  await scim({ method: 'POST', url: '/Users', payload: { schemas: [USER], userName: 'ada', hat: 'x' } });
  for (;;) {
    const { exchanges } = (await admin('GET', '/tenants/acme/exchanges')).json<{ exchanges: object[] }>();
    if (exchanges.length === 0) continue;
    t.match(exchanges, [{ tolerances: ['attribute-undeclared'] }]);
    break;
  }
});
