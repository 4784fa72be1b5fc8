import t from 'tap';
import { ENTERPRISE, PATCH_OP } from '../support/protocol.ts';
import { openApp, type TestApp } from '../support/app.ts';

const EXTENSION = 'urn:example:schemas:extension:acme:2.0:User';
const PRINTER = 'urn:example:schemas:2.0:Printer';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const extension = (attributes: readonly object[], more: object = {}) => ({
  name: 'Acme',
  attributes,
  extends: ['User'],
  ...more,
});
const shoeSize = { name: 'shoeSize', type: 'integer' };
const tags = { name: 'tags', multiValued: true };
const desk = {
  name: 'desk',
  type: 'complex',
  subAttributes: [{ name: 'floor', type: 'integer' }, { name: 'room' }],
};
const printer = {
  name: 'Printer',
  attributes: [
    { name: 'serial', required: true, uniqueness: 'server' },
    {
      name: 'trays',
      type: 'complex',
      multiValued: true,
      subAttributes: [{ name: 'type' }, { name: 'sheets', type: 'integer' }],
    },
  ],
};
const schemaUrl = (urn: string, slug = 'acme') => `/tenants/${slug}/schemas/${urn}`;
const typeUrl = (name: string, slug = 'acme') => `/tenants/${slug}/resource-types/${name}`;

const patch = ({ scim }: TestApp, url: string, ...Operations: object[]) =>
  scim({ method: 'PATCH', url, payload: { schemas: [PATCH_OP], Operations } });
const find = async ({ scim }: TestApp, endpoint: string, filter: string): Promise<number> =>
  (await scim({ url: `${endpoint}?filter=${encodeURIComponent(filter)}` })).json().totalResults;

t.test('A2.01 B10.06 an extension schema of a tenant works at once, everywhere', async (t) => {
  const app = await openApp(t);
  const { scim, admin } = app;
  await scim({ url: '/Users' });
  const put = await admin('PUT', schemaUrl(EXTENSION), extension([shoeSize, tags, desk]));
  t.match(put, { statusCode: 201, headers: { location: `/admin/v1${schemaUrl(EXTENSION)}` } });
  t.match(put.json(), {
    id: EXTENSION,
    attributes: [{ name: 'shoeSize', caseExact: false, returned: 'default' }],
  });

  const shown = await scim({ url: `/Schemas/${EXTENSION.toUpperCase()}` });
  t.match(shown.json(), {
    id: EXTENSION,
    attributes: [{ name: 'shoeSize', type: 'integer', mutability: 'readWrite' }],
  });
  t.notOk('extends' in shown.json());
  t.match((await scim({ url: '/ResourceTypes/User' })).json().schemaExtensions, [
    { schema: ENTERPRISE, required: false },
    { schema: EXTENSION, required: false },
  ]);

  const payload = {
    schemas: [USER, EXTENSION],
    userName: 'ada',
    [EXTENSION]: { shoeSize: 38, tags: ['A', 'b'], desk: { floor: 3 } },
  };
  const made = await scim({ method: 'POST', url: '/Users', payload });
  t.match(made, { statusCode: 201 });
  t.match(made.json(), { schemas: [USER, EXTENSION], [EXTENSION]: payload[EXTENSION] });
  const url = `/Users/${made.json().id}`;
  await scim({ method: 'POST', url: '/Users', payload: { schemas: [USER], userName: 'bob' } });

  for (const filter of [
    `${EXTENSION}:shoeSize gt 37`,
    `${EXTENSION}:tags eq "a"`,
    `${EXTENSION}:desk.floor eq 3`,
    'shoeSize eq 38',
    `schemas eq "${EXTENSION}"`,
    `${EXTENSION}:shoeSize pr`,
  ])
    t.equal(await find(app, '/Users', filter), 1, filter);
  t.match((await scim({ url: `/Users?filter=${encodeURIComponent(`${EXTENSION}:hat eq "x"`)}` })).json(), {
    scimType: 'invalidFilter',
  });

  const changed = await patch(
    app,
    url,
    { op: 'replace', path: `${EXTENSION}:shoeSize`, value: 39 },
    { op: 'add', path: `${EXTENSION}:tags`, value: ['c'] },
    { op: 'add', value: { [`${EXTENSION}:desk.room`]: 'West' } },
  );
  t.match(changed.json(), {
    [EXTENSION]: { shoeSize: 39, tags: ['A', 'b', 'c'], desk: { floor: 3, room: 'West' } },
  });
  t.match((await patch(app, url, { op: 'replace', path: `${EXTENSION}:shoeSize`, value: 'big' })).json(), {
    scimType: 'invalidValue',
    detail: /shoeSize/,
  });
  t.match((await scim({ url: `${url}?attributes=${EXTENSION}:shoeSize` })).json(), {
    [EXTENSION]: { shoeSize: 39 },
    userName: undefined,
  });
  t.notMatch((await scim({ url: `${url}?excludedAttributes=${EXTENSION}` })).json(), { [EXTENSION]: {} });
});

t.test("B15 a tenant's schemas are its own", async (t) => {
  const app = await openApp(t);
  const other = await app.addTenant('globex');
  await app.admin('PUT', schemaUrl(EXTENSION), extension([shoeSize]));
  const headers = { authorization: `Bearer ${other.token}` };
  t.match(await app.scim({ url: `/Schemas/${EXTENSION}`, headers }), { statusCode: 404 });
  t.match(await app.admin('GET', schemaUrl(EXTENSION, 'globex')), { statusCode: 404 });
  t.same((await app.admin('GET', '/tenants/globex/schemas')).json(), { schemas: [] });
  t.match((await app.admin('GET', '/tenants/acme/schemas')).json(), {
    schemas: [{ id: EXTENSION, extends: ['User'] }],
  });
  t.match(await app.admin('PUT', schemaUrl(EXTENSION, 'nobody'), extension([shoeSize])), { statusCode: 404 });
});

t.test('B10.06 a schema in use can grow, and cannot be removed', async (t) => {
  const app = await openApp(t);
  const { scim, admin } = app;
  const put = (attributes: readonly object[], more: object = {}) =>
    admin('PUT', schemaUrl(EXTENSION), extension(attributes, more));
  t.match(await put([shoeSize, tags]), { statusCode: 201 });
  t.match(await put([{ ...shoeSize, type: 'string' }]), { statusCode: 200 }, 'not in use: anything');
  t.match(await put([shoeSize]), { statusCode: 200 });
  const payload = { schemas: [USER], userName: 'ada', [EXTENSION]: { shoeSize: 38 } };
  const url = `/Users/${(await scim({ method: 'POST', url: '/Users', payload })).json().id}`;

  t.match((await put([tags])).json(), {
    status: '409',
    detail: /"shoeSize" cannot be removed, because 1 resource has/,
  });
  t.match((await put([shoeSize], { extends: [] })).json(), {
    status: '409',
    detail: /cannot stop extending User/,
  });
  t.match((await put([shoeSize, tags], { extends: ['User', 'Group'] })).json(), {
    extends: ['User', 'Group'],
  });
  t.match((await patch(app, url, { op: 'add', path: `${EXTENSION}:tags`, value: ['x'] })).json(), {
    [EXTENSION]: { shoeSize: 38, tags: ['x'] },
  });
  t.match(
    (await admin('PUT', schemaUrl(EXTENSION.toUpperCase()), extension([shoeSize, tags]))).json(),
    { id: EXTENSION },
    'A2.05 the URN keeps its first spelling, under which values are kept',
  );
  t.match((await admin('DELETE', schemaUrl(EXTENSION))).json(), {
    status: '409',
    detail: /while 1 resource has values of it/,
  });
  await patch(app, url, { op: 'remove', path: EXTENSION });
  t.match(await admin('DELETE', schemaUrl(EXTENSION)), { statusCode: 204 });
  t.match(await admin('DELETE', schemaUrl(EXTENSION)), { statusCode: 404 });
  t.match(await scim({ url: `/Schemas/${EXTENSION}` }), { statusCode: 404 });
  t.equal((await scim({ url })).statusCode, 200);
});

t.test('A10 a resource type of a tenant is served like the others', async (t) => {
  const app = await openApp(t);
  const { scim, admin } = app;
  t.match((await admin('PUT', typeUrl('Printer'), { endpoint: '/Printers', schema: PRINTER })).json(), {
    status: '400',
    detail: /has added no schema/,
  });
  await admin('PUT', schemaUrl(PRINTER), printer);
  const type = { endpoint: '/Printers', schema: PRINTER, description: 'What prints' };
  t.match(await admin('PUT', typeUrl('Printer'), type), { statusCode: 201 });
  t.match(await admin('PUT', typeUrl('Printer'), type), { statusCode: 200 }, 'idempotent');
  t.match((await scim({ url: '/ResourceTypes/Printer' })).json(), { name: 'Printer', ...type });
  t.match((await scim({ url: '/ResourceTypes' })).json(), { totalResults: 3 });

  const trays = [
    { type: 'upper', sheets: 100 },
    { type: 'lower', sheets: 0 },
  ];
  const made = await scim({
    method: 'POST',
    url: '/Printers',
    payload: { schemas: [PRINTER], serial: 'X-1', trays },
  });
  t.match(made, { statusCode: 201, headers: { location: /\/Printers\// } });
  t.match(made.json(), { serial: 'X-1', trays, meta: { resourceType: 'Printer' } });
  const url = `/Printers/${made.json().id}`;
  t.match(
    (await scim({ method: 'POST', url: '/Printers', payload: { schemas: [PRINTER], serial: 'x-1' } })).json(),
    {
      status: '409',
      scimType: 'uniqueness',
      detail: /serial/,
    },
  );
  t.match((await scim({ method: 'POST', url: '/Printers', payload: { schemas: [PRINTER] } })).json(), {
    scimType: 'invalidValue',
    detail: /"serial" is required/,
  });
  t.equal(await find(app, '/Printers', 'serial eq "x-1"'), 1);
  t.equal(await find(app, '/Printers', 'trays[type eq "upper" and sheets eq 100]'), 1);
  t.match(
    (await patch(app, url, { op: 'replace', path: 'trays[type eq "lower"].sheets', value: 7 })).json(),
    {
      trays: [{ sheets: 100 }, { sheets: 7 }],
    },
  );
  t.match(await scim({ url: `/Users/${made.json().id}` }), { statusCode: 404 });

  const group = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Office',
    members: [{ value: made.json().id }],
  };
  const { id } = (await scim({ method: 'POST', url: '/Groups', payload: group })).json();
  t.match((await scim({ url: `/Groups/${id}` })).json(), {
    members: [{ type: 'Printer', $ref: new RegExp(`${url}$`) }],
  });

  const floor = extension([{ name: 'floor' }], { extends: ['Printer'] });
  t.match(await admin('PUT', schemaUrl('urn:example:floor'), floor), { statusCode: 201 });
  t.match((await patch(app, url, { op: 'add', path: 'urn:example:floor:floor', value: '3' })).json(), {
    'urn:example:floor': { floor: '3' },
  });

  t.match((await admin('PUT', typeUrl('Printer'), { ...type, endpoint: '/Presses' })).json(), {
    detail: /has 1 resource/,
  });
  t.match(await admin('PUT', typeUrl('Printer'), { ...type, description: 'Prints' }), { statusCode: 200 });
  t.match((await admin('DELETE', schemaUrl(PRINTER))).json(), { status: '409', detail: /base of Printer/ });
  t.match((await admin('DELETE', typeUrl('Printer'))).json(), {
    status: '409',
    detail: /urn:example:floor extends Printer/,
  });
  await patch(app, url, { op: 'remove', path: 'urn:example:floor' });
  await admin('DELETE', schemaUrl('urn:example:floor'));
  t.match((await admin('DELETE', typeUrl('Printer'))).json(), {
    status: '409',
    detail: /there is 1 resource/,
  });
  await scim({ method: 'DELETE', url });
  t.match(await admin('DELETE', typeUrl('Printer')), { statusCode: 204 });
  t.match(await admin('DELETE', typeUrl('Printer')), { statusCode: 404 });
  t.match(await scim({ url: '/Printers' }), { statusCode: 404 });
  t.match(await admin('DELETE', schemaUrl(PRINTER)), { statusCode: 204 });
});

t.test('A10 a resource type without a unique attribute takes any number of equal resources', async (t) => {
  const { scim, admin } = await openApp(t);
  await admin('PUT', schemaUrl(PRINTER), { name: 'Note', attributes: [{ name: 'text' }] });
  await admin('PUT', typeUrl('Note'), { endpoint: '/Notes', schema: PRINTER });
  const payload = { schemas: [PRINTER], text: 'same' };
  for (let made = 0; made < 2; made += 1)
    t.match(await scim({ method: 'POST', url: '/Notes', payload }), { statusCode: 201 });
  t.equal((await scim({ url: '/Notes?filter=text%20eq%20%22SAME%22' })).json().totalResults, 2);
});

t.test('A2 names that are taken, and what does not fit together, are refused', async (t) => {
  const { admin } = await openApp(t);
  const refused = async (url: string, body: object, detail: RegExp) =>
    t.match((await admin('PUT', url, body)).json(), { detail });
  await refused(schemaUrl(USER), extension([shoeSize]), /part of the server/);
  await refused(schemaUrl(ENTERPRISE.toUpperCase()), extension([shoeSize]), /part of the server/);
  await refused(
    schemaUrl('urn:ietf:params:scim:schemas:core:2.0:Device'),
    extension([shoeSize]),
    /part of the server/,
  );
  await refused(schemaUrl(`${USER}:userName`), extension([shoeSize]), /begin alike/);
  await refused(
    schemaUrl(EXTENSION),
    extension([shoeSize], { extends: ['Printer'] }),
    /"Printer", which is no resource type; there are User, Group/,
  );
  await refused(
    schemaUrl(EXTENSION),
    extension([shoeSize], { extends: ['Device'] }),
    /"Device", which is no resource type/,
  );
  await admin('PUT', schemaUrl(EXTENSION), extension([shoeSize]));
  await refused(schemaUrl(`${EXTENSION}:x`), extension([shoeSize]), /begin alike/);
  await refused(
    typeUrl('Shoe'),
    { endpoint: '/Shoes', schema: EXTENSION },
    /extends User, so it cannot be the base/,
  );
  await admin('PUT', schemaUrl(PRINTER), printer);
  for (const [name, endpoint] of [
    ['User', '/Persons'],
    ['user', '/Persons'],
    ['Person', '/Users'],
    ['Person', '/users'],
    ['Person', '/Devices'],
  ] as const)
    await refused(typeUrl(name), { endpoint, schema: PRINTER }, /choose another name and endpoint/);
  await admin('PUT', typeUrl('Printer'), { endpoint: '/Printers', schema: PRINTER });
  await refused(
    schemaUrl(PRINTER),
    { ...printer, extends: ['User'], attributes: [shoeSize] },
    /base of Printer/,
  );
  t.match((await admin('GET', typeUrl('Printer'))).json(), { endpoint: '/Printers' });
  t.match(await admin('GET', typeUrl('Scanner')), { statusCode: 404 });
});

t.test('A2 a tenant has at most 50 schemas', async (t) => {
  const { admin } = await openApp(t);
  for (let at = 0; at < 50; at += 1)
    t.match(await admin('PUT', schemaUrl(`urn:example:s${at}`), extension([shoeSize])), { statusCode: 201 });
  t.match((await admin('PUT', schemaUrl('urn:example:s50'), extension([shoeSize]))).json(), {
    status: '409',
    detail: /at most 50/,
  });
});

t.test('B10.06 schemas changed at once by two admins are both there', async (t) => {
  const { admin } = await openApp(t);
  const urns = ['urn:example:a', 'urn:example:b', 'urn:example:c', 'urn:example:d'];
  const put = await Promise.all(urns.map((urn) => admin('PUT', schemaUrl(urn), extension([shoeSize]))));
  t.same(
    put.map(({ statusCode }) => statusCode),
    [201, 201, 201, 201],
  );
  const { schemas } = (await admin('GET', '/tenants/acme/schemas')).json<{ schemas: { id: string }[] }>();
  t.same(schemas.map(({ id }) => id).toSorted(), urns);
});

t.test('B10.06 another server hears of a change within three seconds', async (t) => {
  let time = new Date('2026-01-01T00:00:00Z').getTime();
  const now = () => new Date(time);
  const app = await openApp(t, {}, { now });
  const second = await openApp(t, {}, { now, connection: app.connection, slug: 'globex' });
  const headers = { authorization: `Bearer ${app.token}` };
  const known = async () => (await second.scim({ url: `/Schemas/${EXTENSION}`, headers })).statusCode;
  t.equal(await known(), 404);
  await app.admin('PUT', schemaUrl(EXTENSION), extension([shoeSize]));
  time += 3_000;
  t.equal(await known(), 200);
});

t.test('B10.06 what was written under a schema that is gone is not in the way', async (t) => {
  const app = await openApp(t);
  const { scim, admin, connection } = app;
  await admin('PUT', schemaUrl(EXTENSION), extension([shoeSize]));
  const payload = { schemas: [USER], userName: 'ada', [EXTENSION]: { shoeSize: 38 } };
  const url = `/Users/${(await scim({ method: 'POST', url: '/Users', payload })).json().id}`;
  // As by a server that has not heard of the removal.
  await connection.pool.query('delete from rollcall_data.tenant_schemas');
  await admin('PUT', schemaUrl('urn:example:other'), extension([tags]));
  t.same((await scim({ url })).json().schemas, [USER]);
  t.match((await patch(app, url, { op: 'replace', path: 'title', value: 'Countess' })).json(), {
    title: 'Countess',
  });
});

t.test('B10.06 a group that holds a resource of a type that is gone can be read', async (t) => {
  const app = await openApp(t);
  const { scim, admin, connection } = app;
  await admin('PUT', schemaUrl(PRINTER), printer);
  await admin('PUT', typeUrl('Printer'), { endpoint: '/Printers', schema: PRINTER });
  const made = await scim({
    method: 'POST',
    url: '/Printers',
    payload: { schemas: [PRINTER], serial: 'X-1' },
  });
  const payload = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Office',
    members: [{ value: made.json().id }],
  };
  const { id } = (await scim({ method: 'POST', url: '/Groups', payload })).json();
  await connection.pool.query('delete from rollcall_data.tenant_resource_types');
  await admin('PUT', schemaUrl('urn:example:other'), extension([tags]));
  const group = await scim({ url: `/Groups/${id}` });
  t.equal(group.statusCode, 200);
  t.notOk(group.json().members);
});

t.test(
  'B7.03 a reference in a tenant’s own schema ends with what it refers to, unless it is required',
  async (t) => {
    const app = await openApp(t);
    const reference = (name: string, more: object = {}) => ({
      name,
      type: 'complex',
      subAttributes: [
        { name: 'value' },
        { name: '$ref', type: 'reference', referenceTypes: ['User'] },
        { name: 'note' },
      ],
      ...more,
    });
    const attributes = [reference('mentors', { multiValued: true }), reference('buddy'), { name: 'desk' }];
    t.equal((await app.admin('PUT', schemaUrl(EXTENSION), extension(attributes))).statusCode, 201);
    const task = 'urn:example:schemas:2.0:Task';
    const own = [
      { name: 'title' },
      reference('owner', { required: true }),
      reference('watchers', { multiValued: true }),
    ];
    t.equal((await app.admin('PUT', schemaUrl(task), { name: 'Task', attributes: own })).statusCode, 201);
    t.equal((await app.admin('PUT', typeUrl('Task'), { schema: task, endpoint: '/Tasks' })).statusCode, 201);

    const post = async (url: string, payload: object) =>
      (await app.scim({ method: 'POST', url, payload })).json<{ id: string; meta: { version: string } }>();
    const user = (userName: string, more: object = {}) =>
      post('/Users', { schemas: [USER], userName, ...more });
    const { id: gone } = await user('gone');
    const { id: stays } = await user('stays');
    const { id: both } = await user('both', {
      [EXTENSION]: {
        desk: '7',
        buddy: { value: gone, note: 'x' },
        mentors: [
          { value: gone, note: 'a' },
          { value: stays, note: 'b' },
        ],
      },
    });
    const { id: only } = await user('only', { [EXTENSION]: { mentors: [{ value: gone }] } });
    const { id: job } = await post('/Tasks', {
      schemas: [task],
      title: 'T',
      owner: { value: gone },
      watchers: [{ value: gone }],
    });
    t.equal((await app.scim({ method: 'DELETE', url: `/Users/${gone}` })).statusCode, 204);

    const read = async (url: string) => (await app.scim({ url })).json<Record<string, unknown>>();
    const left = await read(`/Users/${both}`);
    t.strictSame(left[EXTENSION], { mentors: [{ value: stays, note: 'b' }], desk: '7' });
    t.notOk(EXTENSION in (await read(`/Users/${only}`)), 'an empty container goes');
    const kept = await read(`/Tasks/${job}`);
    t.match(kept, { title: 'T', owner: { value: gone } }, 'what must have a value keeps it');
    t.notOk('watchers' in kept);
    t.equal(await find(app, '/Users', `${EXTENSION}:mentors.value eq "${gone}"`), 0);
    t.equal(await find(app, '/Users', `${EXTENSION}:mentors.value eq "${stays}"`), 1);
    t.equal(await find(app, '/Tasks', `watchers eq "${gone}"`), 0);
    t.equal(
      (await patch(app, `/Tasks/${job}`, { op: 'replace', path: 'title', value: 'U' })).statusCode,
      200,
    );
  },
);
