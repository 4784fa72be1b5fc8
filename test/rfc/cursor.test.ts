import t from 'tap';
import { openApp } from '../support/app.ts';
import {
  type Answer,
  type Client,
  clientOf,
  idsOf,
  type Json,
  refused,
  resourcesOf,
  SEARCH_REQUEST,
} from './client.ts';

let clock = Date.parse('2026-01-01T00:00:00Z');
const app = await openApp(t, {}, { now: () => new Date(clock) });
const client = clientOf(app);
const other = clientOf(app, (await app.addTenant('other')).token);
for (let number = 1; number <= 25; number += 1) await client.user(`user-${String(number).padStart(2, '0')}`);
for (let number = 1; number <= 25; number += 1) await other.user(`user-${String(number).padStart(2, '0')}`);

const next = ({ body }: Answer): string => body['nextCursor'] as string;
const page = (query: string, cursor = '', one: Client = client): Promise<Answer> =>
  one.get(`/Users?${query}&cursor=${encodeURIComponent(cursor)}`);

async function walk(query: string, one: Client = client): Promise<Answer[]> {
  const pages = [await page(query, '', one)];
  while (pages.at(-1)?.body['nextCursor'] !== undefined && pages.length < 100) {
    pages.push(await page(query, next(pages.at(-1) as Answer), one));
  }
  return pages;
}

t.test(
  'C1.01 C1.03 C1.05 D4-52 D5 a cursor leads through the list, and is missing on the last page alone',
  async (t) => {
    const pages = await walk('count=10');
    t.same(
      pages.map(({ body }) => resourcesOf(body).length),
      [10, 10, 5],
    );
    t.equal(pages[0]?.body['previousCursor'], undefined, 'nothing is before the first page');
    t.equal(pages[2]?.body['nextCursor'], undefined);
    for (const one of pages) {
      t.equal(one.body['totalResults'], 25);
      t.equal(one.body['itemsPerPage'], resourcesOf(one.body).length);
      for (const name of ['nextCursor', 'previousCursor'])
        t.match(one.body[name] ?? 'x', /^[A-Za-z0-9\-._~]+$/);
    }
    t.same(pages.flatMap(idsOf), idsOf(await client.get('/Users')), 'each once, in the order of the list');
    const full = await walk('count=5');
    t.same(
      full.map(({ body }) => resourcesOf(body).length),
      [5, 5, 5, 5, 5],
      'a full last page needs no other',
    );
    const bare = await client.get('/Users?count=10&cursor');
    t.same(idsOf(bare), idsOf(pages[0] as Answer), 'the parameter may stand alone');
  },
);

t.test('C1.03 C1.15 where there is a previousCursor, it leads back', async (t) => {
  const [first, second, third] = await walk('count=10');
  for (const [from, to] of [
    [second, first],
    [third, second],
  ] as const) {
    const back = from?.body['previousCursor'] as string | undefined;
    if (back !== undefined) t.same(idsOf(await page('count=10', back)), idsOf(to as Answer));
  }
});

t.test(
  'C1.02 count of a cursor page: negative is 0, 0 is the total alone, above the maximum is cut',
  async (t) => {
    for (const count of ['0', '-1']) {
      const { status, body } = await page(`count=${count}`);
      t.equal(status, 200, count);
      t.match(body, { totalResults: 25, itemsPerPage: 0, Resources: [] }, count);
    }
    t.equal(resourcesOf((await client.get('/Users?cursor=')).body).length, 25, 'without count');
    const { body } = await page('count=100000');
    t.equal(resourcesOf(body).length, 25);
  },
);

t.test(
  'C1.04 C1.06 C1.12 C1.13 D5 a cursor of another request, tenant or making is invalidCursor, in the same words',
  async (t) => {
    const cursor = next(await page('count=10'));
    const details = new Set<string>();
    const forged = cursor.slice(0, -3) + (cursor.at(-3) === 'A' ? 'B' : 'A') + cursor.slice(-2);
    const attempts: Record<string, Promise<Answer>> = {
      'another tenant': page('count=10', cursor, other),
      'another filter': page('count=10&filter=userName%20pr', cursor),
      'another order': page('count=10&sortBy=userName', cursor),
      'another type': client.get(`/Groups?count=10&cursor=${cursor}`),
      'one character changed': page('count=10', forged),
      'cut short': page('count=10', cursor.slice(0, 20)),
      'made up': page('count=10', 'abc'),
      'no cursor at all': page('count=10', 'ä ö%'),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      const answer = await attempt;
      t.equal(refused(answer, 400, 'invalidCursor'), '', what);
      details.add(String(answer.body['detail']).replace(/ \[request.*/, ''));
    }
    t.equal(details.size, 1, [...details].join(' / '));
    const nobody = await clientOf(app, '').get(`/Users?count=10&cursor=${cursor}`);
    t.equal(refused(nobody, 401), '', 'possession grants nothing');
    t.notMatch(Buffer.from(cursor, 'base64url').toString('latin1'), /user-\d|userName/, 'it is opaque');
  },
);

t.test('C1.04 C1.06 a cursor of another token of the tenant is invalidCursor', async (t) => {
  const made = await app.admin('POST', '/tenants/acme/tokens', { name: 'second', expiresIn: '365d' });
  const second = clientOf(app, made.json<{ token: string }>().token);
  const cursor = next(await page('count=10'));
  t.equal(refused(await page('count=10', cursor, second), 400, 'invalidCursor'), '');
});

t.test('C1.06 D4-28 D5 a count that changes on the way is invalidCount', async (t) => {
  const cursor = next(await page('count=10'));
  t.equal(refused(await page('count=5', cursor), 400, 'invalidCount'), '');
  const without = await client.get(`/Users?cursor=${cursor}`);
  t.equal(refused(without, 400, 'invalidCount'), '', 'leaving it out is another count');
});

t.test('C1.06 C1.11 C1.15 D5 a cursor older than what is declared is expiredCursor', async (t) => {
  const { body } = await client.get('/ServiceProviderConfig');
  const timeout = (body['pagination'] as Json)['cursorTimeout'] as number;
  t.ok(timeout > 0);
  const cursor = next(await page('count=10'));
  const before = clock;
  clock = before + timeout * 1000;
  t.equal((await page('count=10', cursor)).status, 200, 'as long as was promised');
  clock += 1001;
  t.equal(refused(await page('count=10', cursor), 400, 'expiredCursor'), '');
  clock = before;
});

t.test('C1.08 C1.09 without a cursor pages are by index, and both at once are invalidValue', async (t) => {
  const { body } = await client.get('/Users?count=10');
  t.equal(body['startIndex'], 1);
  t.equal((await page('count=10')).body['startIndex'], undefined);
  t.equal(refused(await page('count=10&startIndex=1'), 400, 'invalidValue'), '');
});

t.test('C1.07 B4.34 sorting applies to cursor pages, and equal values neither repeat nor hide', async (t) => {
  for (const query of [
    'count=10&sortBy=userName&sortOrder=descending',
    'count=4&sortBy=active',
    'count=7&sortBy=title',
    'count=7&sortBy=title&sortOrder=descending',
    'count=6&sortBy=meta.created',
  ]) {
    const ids = (await walk(query)).flatMap(idsOf);
    t.equal(new Set(ids).size, 25, query);
    const whole = await client.get(`/Users?${query.replace(/count=\d+/, 'count=100')}`);
    t.same(ids, idsOf(whole), query);
  }
});

t.test('C1.10 a search carries its cursor in the body', async (t) => {
  const search = (more: object): Promise<Answer> =>
    client.post('/Users/.search', { schemas: [SEARCH_REQUEST], count: 10, ...more });
  const first = await search({ cursor: '' });
  t.equal(first.status, 200);
  const second = await search({ cursor: next(first) });
  const third = await search({ cursor: next(second) });
  t.same(
    [first, second, third].map(({ body }) => resourcesOf(body).length),
    [10, 10, 5],
  );
  t.equal(third.body['nextCursor'], undefined);
  t.equal(refused(await search({ cursor: 'abc' }), 400, 'invalidCursor'), '');
  t.equal(refused(await search({ cursor: next(first), count: 4 }), 400, 'invalidCount'), '');
});

t.test(
  'D5 B4.42 C1.14 C1.15 what comes and goes between pages neither doubles nor hides the others',
  async (t) => {
    const busy = clientOf(app, (await app.addTenant('busy')).token);
    const made: string[] = [];
    for (let number = 1; number <= 20; number += 1)
      made.push((await busy.user(`w-${number}`))['id'] as string);
    const first = await page('count=5', '', busy);
    const gone = [made[1], made[6], made[12]] as string[];
    for (const id of gone) await busy.remove(`/Users/${id}`);
    await busy.user('late');
    const second = await page('count=5', next(first), busy);
    await busy.remove(`/Users/${made[4] as string}`);
    const rest = [second];
    while (rest.at(-1)?.body['nextCursor'] !== undefined) {
      rest.push(await page('count=5', next(rest.at(-1) as Answer), busy));
    }
    const seen = [first, ...rest].flatMap(idsOf);
    t.equal(new Set(seen).size, seen.length, 'none twice');
    for (const id of made)
      t.equal(seen.includes(id), id === made[1] || !gone.includes(id), 'every survivor, none of the deleted');
  },
);
