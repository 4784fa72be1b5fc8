import t from 'tap';
import { openApp, type TestApp } from '../support/app.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Operation {
  readonly method?: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: { readonly scimType?: string; readonly detail: string; readonly status: string };
}

let app: TestApp;

t.before(async () => {
  app = await openApp(t);
});

async function bulk(operations: readonly object[], more: object = {}): Promise<readonly Operation[]> {
  const payload = { schemas: [BULK], ...more, Operations: operations };
  const answer = await app.scim({ method: 'POST', url: '/Bulk', payload });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  const body = answer.json<{ schemas: string[]; Operations: Operation[] }>();
  t.same(body.schemas, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse']);
  return body.Operations;
}

const user = (bulkId: string, userName = bulkId, more: object = {}): object => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: [USER], userName, ...more },
});
const group = (bulkId: string, members: readonly string[] = []): object => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) },
});
const statuses = (operations: readonly Operation[]): string =>
  operations.map(({ status }) => status).join(' ');
const at = async (location: string | undefined) =>
  (await app.scim({ url: new URL(String(location)).pathname.replace('/scim/v2', '') })).json<
    Record<string, never>
  >();

t.test('B8.01 B8.04 every operation is carried out and reported', async (t) => {
  const [made, other] = await bulk([user('b1'), { ...user('b2'), method: 'post' }]);
  t.match(made, {
    method: 'POST',
    bulkId: 'b1',
    status: '201',
    version: 'W/"1"',
    location: /\/Users\/[0-9a-f-]{36}$/,
  });
  const path = new URL(String(made?.location)).pathname.replace('/scim/v2', '');
  const operations = await bulk([
    { method: 'PUT', path, data: { schemas: [USER], userName: 'b1', title: 'put' } },
    {
      method: 'PATCH',
      path,
      data: { schemas: [PATCH], Operations: [{ op: 'add', path: 'nickName', value: 'patched' }] },
    },
    { method: 'DELETE', path: new URL(String(other?.location)).pathname.replace('/scim/v2', '') },
  ]);
  t.equal(statuses(operations), '200 200 204');
  t.equal(operations[1]?.version, 'W/"3"');
  t.match(await at(made?.location), { title: 'put', nickName: 'patched' });
});

t.test('B8.02 B8.03 failures are reported one by one, and the rest goes on', async (t) => {
  const operations = await bulk([
    user('f1'),
    user('f2', 'F1'),
    { method: 'GET', path: '/Users' },
    { method: 'POST', path: '/Users', data: { userName: 'no bulkId' } },
    {
      method: 'PATCH',
      path: '/Users/nobody',
      data: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: false }] },
    },
    { method: 'POST', path: '/Nothing', bulkId: 'n', data: {} },
    { method: 'PUT', path: '/Users', data: {} },
    { method: 'PUT', path: '/Users/x' },
    'nonsense' as unknown as object,
    user('f3'),
  ]);
  t.equal(statuses(operations), '201 409 400 400 404 400 400 400 400 201');
  t.match(operations[1]?.response, { scimType: 'uniqueness', status: '409' });
  t.equal(operations[1]?.location, undefined, 'B8.04 a creation that failed has no location');
  t.match(operations[4], { location: /\/Users\/nobody$/ });
});

t.test('B8.03 failOnErrors ends the processing', async (t) => {
  const operations = [user('e1'), user('e2', 'E1'), user('e3'), user('e4', 'e1'), user('e5')];
  t.equal(statuses(await bulk(operations, { failOnErrors: 1 })), '201 409');
  t.equal(statuses(await bulk(operations.slice(2), { failOnErrors: 2 })), '201 409 201');
  for (const failOnErrors of [0, -1, 'two', 1.5]) {
    const answer = await app.scim({
      method: 'POST',
      url: '/Bulk',
      payload: { schemas: [BULK], failOnErrors, Operations: [user('e9')] },
    });
    t.match(answer.json(), { status: '400', scimType: 'invalidValue' }, 'D4-24');
  }
});

t.test(
  'B8.06 references are resolved: backward, forward, in a circle, in a path, in any attribute',
  async (t) => {
    const operations = await bulk([
      group('r-forward', ['bulkId:r-ada']),
      user('r-ada', 'r-ada', { [ENTERPRISE]: { manager: { value: 'bulkId:r-bob' } } }),
      user('r-bob'),
      group('r-left', ['bulkId:r-right', 'bulkId:r-ada']),
      group('r-right', ['bulkId:r-left']),
      group('r-self', ['bulkId:r-self']),
      {
        method: 'PATCH',
        path: '/Groups/bulkId:r-left',
        data: {
          schemas: [PATCH],
          Operations: [
            { op: 'remove', path: 'members[value eq "bulkId:r-ada"]' },
            { op: 'add', path: 'members', value: [{ value: 'bulkId:r-bob' }] },
          ],
        },
      },
    ]);
    t.equal(statuses(operations), '201 201 201 201 201 201 200');
    const idOf = (index: number): string => String(operations[index]?.location).split('/').at(-1) ?? '';
    t.match(await at(operations[0]?.location), { members: [{ value: idOf(1) }] });
    t.match(await at(operations[1]?.location), { [ENTERPRISE]: { manager: { value: idOf(2) } } });
    const left = (await at(operations[3]?.location)) as unknown as { members: { value: string }[] };
    t.same(left.members.map(({ value }) => value).toSorted(), [idOf(4), idOf(2)].toSorted());
    t.match(await at(operations[4]?.location), { members: [{ value: idOf(3) }] });
    t.match(await at(operations[5]?.location), { members: [{ value: idOf(5) }] });
  },
);

t.test('B8.07 what refers to a failed or missing operation fails, and a circle fails whole', async (t) => {
  await bulk([user('taken')]);
  const operations = await bulk([
    user('u-1', 'taken'),
    group('g-1', ['bulkId:u-1']),
    group('g-2', ['bulkId:nowhere']),
    group('c-1', ['bulkId:c-2']),
    group('c-2', ['bulkId:c-1', 'no-such-member']),
  ]);
  t.equal(statuses(operations), '409 400 400 409 400');
  const found = await app.scim({
    url: '/Groups',
    query: { filter: 'displayName sw "c-" or displayName sw "g-"' },
  });
  t.match(found.json(), { totalResults: 0 }, 'nothing of them is left');
});

t.test('B8.10 the version of an operation is its If-Match', async (t) => {
  const [made] = await bulk([user('versioned')]);
  const path = new URL(String(made?.location)).pathname.replace('/scim/v2', '');
  const put = (version: string): object => ({
    method: 'PUT',
    path,
    version,
    data: { schemas: [USER], userName: 'versioned', title: version },
  });
  t.equal(
    statuses(await bulk([put('W/"1"'), put('W/"1"'), { method: 'DELETE', path, version: 'W/"2"' }])),
    '200 412 204',
  );
});

t.test('B8.08 the limits are published, and named when they are passed', async (t) => {
  const config = (await app.scim({ url: '/ServiceProviderConfig' })).json<{
    bulk: { maxOperations: number; maxPayloadSize: number };
  }>();
  const { maxOperations, maxPayloadSize } = config.bulk;
  const many = Array.from({ length: maxOperations + 1 }, (_, index) => ({
    method: 'DELETE',
    path: `/Users/${index}`,
  }));
  const tooMany = await app.scim({
    method: 'POST',
    url: '/Bulk',
    payload: { schemas: [BULK], Operations: many },
  });
  t.match(tooMany, { statusCode: 413 });
  t.match(tooMany.json(), { detail: new RegExp(`${maxOperations}`) });
  const large = await app.scim({
    method: 'POST',
    url: '/Bulk',
    payload: { schemas: [BULK], Operations: [user('large', 'x'.repeat(maxPayloadSize))] },
  });
  t.match(large, { statusCode: 413 });
  t.match(large.json(), { detail: new RegExp(`${maxPayloadSize}`) });
  for (const payload of [
    { schemas: [USER], Operations: [] },
    { schemas: [BULK] },
    { schemas: [{ toString: 'x' }], Operations: [] },
  ]) {
    t.match((await app.scim({ method: 'POST', url: '/Bulk', payload })).json(), {
      status: '400',
      scimType: 'invalidSyntax',
    });
  }
});

t.test('B8.11 a thousand operations are done, members among them', async (t) => {
  const names = Array.from({ length: 999 }, (_, index) => `k${index}`);
  const operations = await bulk([
    group(
      'thousand',
      names.map((name) => `bulkId:${name}`),
    ),
    ...names.map((name) => user(name)),
  ]);
  t.ok(operations.every(({ status }) => status === '201'));
  const whole = (await at(operations[0]?.location)) as unknown as { members: unknown[] };
  t.equal(whole.members.length, 999);
});
