import t from 'tap';
import { cloneDatabase } from '../support/database.ts';
import { type ServedTenant, startServer } from '../support/server.ts';

const HEADERS = { 'Content-Type': 'application/scim+json' };
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

let tenant: ServedTenant;

t.before(async () => {
  const server = await startServer(t, { databaseUrl: await cloneDatabase(t) });
  tenant = await server.newTenant('parallel');
});

const post = (path: string, body: object) =>
  tenant.request('POST', `/scim/v2${path}`, { headers: HEADERS, body });
const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

t.test(
  'A6.01 B2.04 of 50 parallel POSTs of one userName one is answered 201 and 49 are answered 409',
  async (t) => {
    const answers = await times(50, (index) => post('/Users', { userName: index % 2 ? 'twin' : 'TWIN' }));
    t.equal(answers.filter(({ status }) => status === 201).length, 1);
    const refused = answers.filter(({ status }) => status === 409);
    t.equal(refused.length, 49);
    for (const { body } of refused)
      t.match(body, { scimType: 'uniqueness', detail: /already belongs to User/ });
  },
);

t.test('B6.02 of 50 parallel PATCHes that add different members to one group none is lost', async (t) => {
  const users = await times(
    50,
    async (index) => (await post('/Users', { userName: `member${index}` })).body as { id: string },
  );
  const group = (await post('/Groups', { displayName: 'Parallel' })).body as { id: string };
  const answers = await Promise.all(
    users.map(({ id }) =>
      tenant.request('PATCH', `/scim/v2/Groups/${group.id}`, {
        headers: HEADERS,
        body: { schemas: [PATCH_OP], Operations: [{ op: 'Add', path: 'members', value: [{ value: id }] }] },
      }),
    ),
  );
  t.ok(answers.every(({ status }) => status === 204));
  const { body } = await tenant.request('GET', `/scim/v2/Groups/${group.id}`);
  const { members } = body as { members: { value: string }[] };
  t.same(members.map(({ value }) => value).toSorted(), users.map(({ id }) => id).toSorted());
});

t.test('B11.04 of 20 parallel changes under If-Match one is made', async (t) => {
  const { id, meta } = (await post('/Users', { userName: 'contended' })).body as {
    id: string;
    meta: { version: string };
  };
  const answers = await times(20, (index) =>
    tenant.request('PATCH', `/scim/v2/Users/${id}`, {
      headers: { ...HEADERS, 'If-Match': meta.version },
      body: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'title', value: `title ${index}` }] },
    }),
  );
  t.equal(answers.filter(({ status }) => status === 200).length, 1, 'B11.04 under the lock of the row');
  t.equal(answers.filter(({ status }) => status === 412).length, 19);
});
