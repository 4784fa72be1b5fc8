import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  type Answer,
  clientOf,
  idsOf,
  LIST_RESPONSE,
  refused,
  resourcesOf,
  SEARCH_REQUEST,
  USER,
  userNames,
  sorted,
} from './client.ts';

const app = await openApp(t);
const client = clientOf(app);
const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
const ids: string[] = [];
for (const name of ['ada', 'bob', 'cy']) {
  ids.push(
    (await client.user(name, { externalId: `E-${name}`, title: name === 'ada' ? 'Guide' : undefined }))[
      'id'
    ] as string,
  );
}
const group = await client.group('ada', [ids[0] as string]);
const search = (url: string, more: object = {}): Promise<Answer> =>
  client.post(`${url}.search`, { schemas: [SEARCH_REQUEST], ...more });

t.test('B4.60 B4.61 a search answers what the list would, and makes nothing', async (t) => {
  const equal: [object, string][] = [
    [{}, ''],
    [{ filter: 'userName eq "ada"' }, 'filter=userName%20eq%20%22ada%22'],
    [{ startIndex: 2, count: 1 }, 'startIndex=2&count=1'],
    [{ count: 0 }, 'count=0'],
    [{ count: -1, startIndex: 0 }, 'count=-1&startIndex=0'],
    [{ sortBy: 'userName', sortOrder: 'descending' }, 'sortBy=userName&sortOrder=descending'],
    [{ attributes: ['userName', 'title'] }, 'attributes=userName,title'],
    [{ excludedAttributes: ['meta'] }, 'excludedAttributes=meta'],
  ];
  for (const [more, query] of equal) {
    const answer = await search('/Users/', more);
    t.equal(answer.status, 200, query);
    t.same(answer.body, (await client.get(`/Users?${query}`)).body, query);
    t.equal(answer.headers['cache-control'], 'no-store');
  }
  t.equal((await client.get('/Users')).body['totalResults'], 3, 'nothing was made');
  t.same(idsOf(await search('/Groups/', { filter: `members.value eq "${ids[0]}"` })), [group['id']]);
});

t.test('B4.61 B1.06 unknown members and the query of the address mean nothing to a search', async (t) => {
  const body = { schemas: [SEARCH_REQUEST], colour: 'red', filter: 'userName eq "bob"' };
  const answer = await client.post('/Users/.search?filter=userName%20eq%20%22ada%22&count=0', body);
  t.same(userNames(answer), ['bob']);
});

t.test('B4.60 B4.04 B4.31 B4.40 what is wrong with a search is told by its kind', async (t) => {
  const wrong: [unknown, string][] = [
    [{ schemas: [USER] }, 'invalidSyntax'],
    ['[]', 'invalidSyntax'],
    ['"x"', 'invalidSyntax'],
    [{ schemas: [SEARCH_REQUEST], filter: 'userName eq' }, 'invalidFilter'],
    [{ schemas: [SEARCH_REQUEST], filter: 'foo pr' }, 'invalidFilter'],
    [{ schemas: [SEARCH_REQUEST], count: 'many' }, 'invalidValue'],
    [{ schemas: [SEARCH_REQUEST], count: 1.5 }, 'invalidValue'],
    [{ schemas: [SEARCH_REQUEST], sortBy: 'shoeSize' }, 'invalidValue'],
    [{ schemas: [SEARCH_REQUEST], attributes: ['id'], excludedAttributes: ['title'] }, 'invalidValue'],
  ];
  for (const [body, scimType] of wrong) {
    t.equal(refused(await strict.post('/Users/.search', body), 400, scimType), '', JSON.stringify(body));
  }
  t.equal(refused(await strict.post('/Users/.search', {}), 400, 'invalidSyntax'), '', 'schemas is required');
});

t.test('B4.12 B4.60 a filter too long for an address fits a search', async (t) => {
  const filter = `userName eq "ada" or title eq "${'x'.repeat(8_000)}"`;
  t.same(userNames(await search('/Users/', { filter })), ['ada']);
  const endless = `title eq "${'x'.repeat(40_000)}"`;
  t.equal(refused(await search('/Users/', { filter: endless }), 400, 'invalidFilter'), '');
});

t.test(
  'B4.03 B4.13 D4-16 D4-41 D5 a query of the root covers every type, and what a type lacks is no value',
  async (t) => {
    const find = async (filter: string): Promise<string[]> => {
      const [got, searched] = [await client.find('', filter), await search('/', { filter })];
      t.equal(got.status, 200, `${filter} ${got.status === 200 ? '' : got.text}`);
      t.same(searched.body, got.body, `${filter}: GET and search agree`);
      return idsOf(got).sort();
    };
    const all = await client.get('/');
    t.same([all.status, all.body['schemas'], all.body['totalResults']], [200, [LIST_RESPONSE], 4]);
    t.same(idsOf(all).sort(), sorted([...ids, group['id']]));
    for (const resource of resourcesOf(all.body))
      t.match(resource['meta'], { resourceType: /^(User|Group)$/ });
    t.same(await find('meta.resourceType eq "Group"'), [group['id']]);
    t.same(await find('meta.resourceType eq "User"'), sorted([...ids]));
    t.same(await find('userName eq "ada"'), [ids[0]]);
    t.same(await find('displayName eq "ada" or userName eq "ada"'), sorted([ids[0], group['id']]));
    t.same(await find('externalId eq "E-bob"'), [ids[1]]);
    t.same(await find(`id eq "${group['id'] as string}"`), [group['id']]);
    t.same(await find('foo eq "x"'), []);
    t.same(await find('not (userName pr)'), [group['id']]);
  },
);

t.test(
  'B4.03 B4.01 B4.06 B4.40 B4.43 pages and projection of the root are those of every list',
  async (t) => {
    const pages = [await client.get('/?count=3'), await client.get('/?count=3&startIndex=4')];
    t.same(
      pages.map(({ body }) => [body['totalResults'], body['itemsPerPage']]),
      [
        [4, 3],
        [4, 1],
      ],
    );
    t.equal(new Set(pages.flatMap(idsOf)).size, 4);
    const shown = resourcesOf((await client.get('/?attributes=displayName,userName')).body);
    for (const one of shown) t.notMatch(Object.keys(one), ['meta']);
    const other = clientOf(app, (await app.addTenant('nobody-here')).token);
    t.equal((await other.get('/')).body['totalResults'], 0, 'of the caller’s tenant alone');
  },
);
