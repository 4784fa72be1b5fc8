import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  type Answer,
  BULK_REQUEST,
  BULK_RESPONSE,
  clientOf,
  ENTERPRISE,
  ERROR,
  GROUP,
  groupOf,
  type Json,
  PATCH_OP,
  refused,
  USER,
  userOf,
  sorted,
} from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const send = (Operations: unknown, more: object = {}): Promise<Answer> =>
  client.post('/Bulk', { schemas: [BULK_REQUEST], Operations, ...more });
const operationsOf = ({ body }: Answer): Json[] => (body['Operations'] ?? []) as Json[];
const statuses = (answer: Answer): string[] => operationsOf(answer).map(({ status }) => status as string);
const post = (bulkId: string, data: Json): Json => ({
  method: 'POST',
  path: (data['schemas'] as string[])[0] === GROUP ? '/Groups' : '/Users',
  bulkId,
  data,
});
const idOf = (operation: Json | undefined): string => String(operation?.['location']).split('/').at(-1) ?? '';

t.test('B8.01 B8.02 B8.04 B8.05 D4-23 every method is carried out and reported', async (t) => {
  const user = await client.user('existing');
  const path = `/Users/${user['id'] as string}`;
  const gone = await client.user('going');
  const answer = await send([
    post('u1', userOf('bulk-1')),
    { method: 'PUT', path, bulkId: 'echo', data: userOf('existing', { title: 'put' }) },
    {
      method: 'PATCH',
      path,
      data: { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'nickName', value: 'n' }] },
    },
    { method: 'DELETE', path: `/Users/${gone['id'] as string}` },
  ]);
  t.equal(answer.status, 200);
  t.equal(answer.headers['content-type'], 'application/scim+json; charset=utf-8');
  t.same(answer.body['schemas'], [BULK_RESPONSE]);
  t.equal(answer.body['failOnErrors'], undefined);
  t.match(statuses(answer), ['201', '200', /^20[04]$/, '204']);
  const [made, put, patched, deleted] = operationsOf(answer);
  t.match(made, { method: 'POST', bulkId: 'u1', location: /^http.*\/scim\/v2\/Users\//, version: /^W\/"/ });
  t.equal((await client.get(`/Users/${idOf(made)}`)).headers['etag'], made?.['version']);
  t.match(put, { method: 'PUT', bulkId: 'echo', location: user['meta'].location as string });
  t.match(patched, { method: 'PATCH', location: user['meta'].location as string });
  t.match(deleted, { method: 'DELETE', location: gone['meta'].location as string });
  t.match((await client.get(path)).body, {
    title: 'put',
    nickName: 'n',
    meta: { version: patched?.['version'] as string },
  });
  t.equal((await client.get(`/Users/${gone['id'] as string}`)).status, 404);
});

t.test('B8.02 B8.04 B8.11 B8.12 D4-26 an operation fails by itself, with its error', async (t) => {
  await client.user('taken');
  const failing: [Json, string, string?][] = [
    [post('a', userOf('taken')), '409', 'uniqueness'],
    [post('b', { schemas: [USER] }), '400', 'invalidValue'],
    [{ method: 'DELETE', path: '/Users/nobody' }, '404'],
    [{ method: 'GET', path: '/Users' }, '400'],
    [{ method: 'MOVE', path: '/Users' }, '400'],
    [{ path: '/Users' }, '400'],
    [{ method: 'POST', path: '/Users', data: userOf('no-bulk-id') }, '400', 'invalidSyntax'],
    [{ method: 'POST', path: '/Nothing', bulkId: 'c', data: userOf('x') }, '400'],
    [{ method: 'POST', path: '/Users/1', bulkId: 'd', data: userOf('x') }, '400'],
    [{ method: 'POST', path: '/Users', bulkId: 'e' }, '400'],
    [{ method: 'PUT', path: '/Users', data: userOf('x') }, '400'],
    [{ method: 'POST', path: '/Bulk', bulkId: 'f', data: {} }, '400'],
    [{ method: 'POST', path: '/Users/.search', bulkId: 'g', data: {} }, '400'],
    [{ method: 'POST', path: '/Me', bulkId: 'h', data: {} }, '400'],
    [{ method: 'POST', path: 7, bulkId: 'i', data: userOf('x') }, '400'],
  ];
  const answer = await send([...failing.map(([operation]) => operation), post('last', userOf('last'))]);
  t.equal(answer.status, 200, 'whatever became of them');
  const outcomes = operationsOf(answer);
  t.equal(outcomes.length, failing.length + 1);
  for (const [index, [operation, status, scimType]] of failing.entries()) {
    const outcome = outcomes[index];
    const name = JSON.stringify(operation);
    t.equal(outcome?.['status'], status, name);
    t.equal(outcome?.['bulkId'], operation['bulkId'], name);
    t.match(
      outcome?.['response'],
      { schemas: [ERROR], status, ...(scimType ? { scimType } : {}), detail: String },
      name,
    );
    if (operation['method'] === 'POST') t.equal(outcome?.['location'], undefined, name);
  }
  t.equal(outcomes.at(-1)?.['status'], '201', 'and the others are done');
});

t.test('B8.01 a bulkId is there once in a request', async (t) => {
  const answer = await send([post('same', userOf('first-same')), post('same', userOf('second-same'))]);
  t.same(statuses(answer), ['201', '400']);
  t.equal((await client.find('/Users', 'userName eq "second-same"')).body['totalResults'], 0);
});

t.test('B8.03 D4-24 D5 failOnErrors ends the work, and what was not reached is not listed', async (t) => {
  await client.user('clash');
  const three = (name: string): Json[] => [
    post('1', userOf(`${name}-1`)),
    post('2', userOf('clash')),
    post('3', userOf(`${name}-3`)),
  ];
  const stopped = await send(three('stop'), { failOnErrors: 1 });
  t.equal(stopped.status, 200);
  t.same(statuses(stopped), ['201', '409']);
  t.equal((await client.find('/Users', 'userName eq "stop-3"')).body['totalResults'], 0);
  t.same(statuses(await send(three('two'), { failOnErrors: 2 })), ['201', '409', '201']);
  t.same(statuses(await send(three('free'))), ['201', '409', '201']);
  for (const failOnErrors of [0, -1, 1.5, 'many']) {
    const answer = await send(three('never'), { failOnErrors });
    t.equal(refused(answer, 400, 'invalidValue'), '', JSON.stringify(failOnErrors));
  }
  t.equal((await client.find('/Users', 'userName eq "never-1"')).body['totalResults'], 0);
});

t.test(
  'B8.06 B8.09 A7.01 D4-25 a bulkId stands for the resource to be made, before and after it',
  async (t) => {
    const answer = await send([
      post('g', { ...groupOf('Forward'), members: [{ value: 'bulkId:u' }] }),
      post('r', userOf('reports', { [ENTERPRISE]: { manager: { value: 'bulkId:u' } } })),
      post('u', userOf('pointed-at')),
      {
        method: 'PATCH',
        path: '/Groups/bulkId:g',
        data: {
          schemas: [PATCH_OP],
          Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:r' }] }],
        },
      },
    ]);
    t.match(statuses(answer), ['201', '201', '201', /^20[04]$/]);
    const [group, report, user] = operationsOf(answer).map(idOf);
    const members = (await client.get(`/Groups/${group}`)).body['members'] as Json[];
    t.same(members.map(({ value }) => value as string).sort(), sorted([report, user]));
    t.match((await client.get(`/Users/${report}`)).body[ENTERPRISE], { manager: { value: user } });
  },
);

t.test('B8.06 D5 two groups that refer to each other are both made', async (t) => {
  const answer = await send([
    post('a', { ...groupOf('Circle A'), members: [{ value: 'bulkId:b' }] }),
    post('b', { ...groupOf('Circle B'), members: [{ value: 'bulkId:a' }] }),
  ]);
  t.same(statuses(answer), ['201', '201']);
  const [a, b] = operationsOf(answer).map(idOf);
  t.match((await client.get(`/Groups/${a}`)).body['members'], [{ value: b, type: 'Group' }]);
  t.match((await client.get(`/Groups/${b}`)).body['members'], [{ value: a, type: 'Group' }]);
});

t.test('B8.07 a reference to what failed, or is not there, fails its operation', async (t) => {
  await client.user('occupied');
  const answer = await send([
    post('bad', userOf('occupied')),
    post('g1', { ...groupOf('Refers to failed'), members: [{ value: 'bulkId:bad' }] }),
    post('g2', { ...groupOf('Refers to nothing'), members: [{ value: 'bulkId:none' }] }),
    { method: 'DELETE', path: '/Users/bulkId:none' },
  ]);
  t.match(statuses(answer), ['409', /^40[09]$/, '400', '400']);
  t.equal((await client.find('/Groups', 'displayName sw "Refers"')).body['totalResults'], 0);
});

t.test(
  'B8.08 D5 B15.06 limits are published, and above them the request is 413 that names the limit',
  async (t) => {
    const { bulk } = (await client.get('/ServiceProviderConfig')).body as { bulk: Json };
    t.equal(bulk['supported'], true);
    const { maxOperations, maxPayloadSize } = bulk as { maxOperations: number; maxPayloadSize: number };
    t.ok(maxOperations > 0 && maxPayloadSize > 0);
    const many = Array.from({ length: maxOperations + 1 }, () => ({ method: 'DELETE', path: '/Users/x' }));
    const tooMany = await send(many);
    t.equal(refused(tooMany, 413), '');
    t.match(tooMany.body['detail'], new RegExp(`${maxOperations}.*`));
    const large = await send([post('l', userOf('large', { title: 'x'.repeat(maxPayloadSize) }))]);
    t.equal(refused(large, 413), '');
    t.match(large.body['detail'], new RegExp(String(maxPayloadSize)));
    const full = await send(many.slice(1));
    t.equal(full.status, 200, 'the limit itself is possible');
    t.equal(operationsOf(full).length, maxOperations);
  },
);

t.test('B8.10 B11.02 the version of an operation is its If-Match', async (t) => {
  const user = await client.user('versioned');
  const path = `/Users/${user['id'] as string}`;
  const put = (version: string, title: string): Json => ({
    method: 'PUT',
    path,
    version,
    data: userOf('versioned', { title }),
  });
  const current = user['meta'].version as string;
  const answer = await send([put('W/"0"', 'stale'), put(current, 'fresh'), put(current, 'stale')]);
  t.same(statuses(answer), ['412', '200', '412']);
  t.equal((await client.get(path)).body['title'], 'fresh');
});

t.test('B8.02 B8.13 what is wrong with the request is told as for every other', async (t) => {
  t.equal(refused(await client.post('/Bulk', '{'), 400, 'invalidSyntax'), '');
  t.equal(refused(await client.post('/Bulk', []), 400, 'invalidSyntax'), '');
  t.equal(refused(await client.post('/Bulk', { schemas: [BULK_REQUEST] }), 400, 'invalidSyntax'), '');
  const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
  t.equal(refused(await strict.post('/Bulk', { schemas: [USER], Operations: [] }), 400, 'invalidSyntax'), '');
  const answer = await client.post(
    '/Bulk',
    { schemas: [BULK_REQUEST], Operations: [] },
    { prefer: 'respond-async' },
  );
  t.not(answer.status, 202, 'asynchronous requests are not offered');
  t.equal((await client.get('/ServiceProviderConfig')).body['securityEvents'], undefined);
});
