import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, idsOf, LIST_RESPONSE, refused, resourcesOf, userNames } from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
for (let number = 1; number <= 25; number += 1) await client.user(`user-${String(number).padStart(2, '0')}`);

t.test('B4.01 B4.02 B4.05 B4.43 D4-31 a list says how many there are and how many it holds', async (t) => {
  const { status, headers, body } = await client.get('/Users');
  t.equal(status, 200);
  t.equal(headers['content-type'], 'application/scim+json; charset=utf-8');
  t.match(body, { schemas: [LIST_RESPONSE], totalResults: 25, itemsPerPage: 25, startIndex: 1 });
  t.equal(resourcesOf(body).length, 25);
  for (const resource of resourcesOf(body)) {
    t.ok(resource['schemas'] && resource['id'] && resource['meta'].location, resource['userName']);
  }
  const none = await client.find('/Users', 'userName eq "nobody"');
  t.equal(none.status, 200);
  t.match(none.body, { schemas: [LIST_RESPONSE], totalResults: 0, itemsPerPage: 0, Resources: [] });
  const elsewhere = clientOf(app, (await app.addTenant('empty')).token);
  t.match((await elsewhere.get('/Users')).body, { totalResults: 0, Resources: [] });
});

t.test('B4.40 B4.41 D4-28 D5 pages by index are cut as the golden vectors say', async (t) => {
  const vectors: [query: string, items: number, startIndex: number, first?: string][] = [
    ['count=10', 10, 1, 'user-01'],
    ['startIndex=11&count=10', 10, 11, 'user-11'],
    ['startIndex=21&count=10', 5, 21, 'user-21'],
    ['startIndex=0&count=10', 10, 1, 'user-01'],
    ['startIndex=-3&count=10', 10, 1, 'user-01'],
    ['startIndex=26', 0, 26],
    ['startIndex=1000000', 0, 1_000_000],
    ['count=0', 0, 1],
    ['count=-1', 0, 1],
    ['count=100000', 25, 1, 'user-01'],
    ['count=99999999999999999999', 25, 1, 'user-01'],
    ['startIndex=99999999999999999999', 0, Number.MAX_SAFE_INTEGER],
    ['startIndex=3', 23, 3, 'user-03'],
    ['startIndex=&count=', 25, 1, 'user-01'],
  ];
  for (const [query, items, startIndex, first] of vectors) {
    const answer = await client.get(`/Users?${query}`);
    t.equal(answer.status, 200, query);
    t.match(answer.body, { totalResults: 25, itemsPerPage: items, startIndex }, query);
    t.equal(resourcesOf(answer.body).length, items, query);
    t.equal(userNames(answer)[0], first, query);
  }
  for (const query of ['count=abc', 'startIndex=abc', 'count=1.5', 'startIndex=1e3', 'count=0x10']) {
    t.equal(refused(await client.get(`/Users?${query}`), 400, 'invalidValue'), '', query);
  }
});

t.test('B4.40 B4.42 pages by index hold each resource once and keep to the filter', async (t) => {
  const seen: string[] = [];
  for (let startIndex = 1; startIndex <= 25; startIndex += 4) {
    const page = await client.get(
      `/Users?startIndex=${startIndex}&count=4&filter=userName%20sw%20%22user-%22`,
    );
    t.ok(resourcesOf(page.body).length <= 4);
    t.equal(page.body['totalResults'], 25);
    seen.push(...idsOf(page));
  }
  t.equal(new Set(seen).size, 25);
  t.same(seen, idsOf(await client.get('/Users')), 'in one order');
});

t.test('B1.06 unknown parameters are ignored, and a known one twice is invalidValue', async (t) => {
  t.equal((await client.get('/Users?colour=red&colour=blue&access=all')).body['totalResults'], 25);
  for (const query of [
    'count=1&count=2',
    'startIndex=1&startIndex=1',
    'filter=userName%20pr&filter=id%20pr',
    'attributes=id&attributes=id',
    'excludedAttributes=id&excludedAttributes=id',
    'sortBy=id&sortBy=id',
    'cursor=&cursor=',
  ]) {
    t.equal(refused(await client.get(`/Users?${query}`), 400, 'invalidValue'), '', query);
  }
});
