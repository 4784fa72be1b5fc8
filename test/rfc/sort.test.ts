import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, idsOf, refused, userNames } from './client.ts';

let clock = Date.parse('2026-01-01T00:00:00Z');
const app = await openApp(t, {}, { now: () => new Date((clock += 1000)) });
const client = clientOf(app);
await client.user('delta', {
  title: 'b',
  externalId: 'b',
  emails: [{ value: 'z@x.org' }, { value: 'a@x.org', primary: true }],
});
await client.user('Alpha', { title: 'A', externalId: 'B', active: false, name: { familyName: 'Zeta' } });
await client.user('charlie', {
  title: 'Ä',
  externalId: 'a',
  emails: [{ value: 'B@x.org' }, { value: 'c@x.org' }],
});
await client.user('Bravo', {
  title: 'a',
  externalId: 'A',
  emails: [{ value: 'C@x.org' }],
  name: { familyName: 'alpha' },
});
await client.user('echo', { name: { familyName: 'Beta' } });

const sorted = async (query: string): Promise<string[]> => userNames(await client.get(`/Users?${query}`));

t.test(
  'B4.30 B4.31 B4.33 A4.03 strings are sorted without regard to case, or with it, as their attribute says',
  async (t) => {
    const names = ['Alpha', 'Bravo', 'charlie', 'delta', 'echo'];
    t.same(await sorted('sortBy=userName'), names);
    t.same(await sorted('sortBy=USERNAME&sortOrder=ascending'), names);
    t.same(await sorted('sortBy=userName&sortOrder=descending'), names.toReversed());
    t.same(await sorted('sortBy=urn:ietf:params:scim:schemas:core:2.0:User:userName'), names);
    t.same(
      (await sorted('sortBy=externalId')).slice(0, 4),
      ['charlie', 'Bravo', 'delta', 'Alpha'],
      'a A b B',
    );
  },
);

t.test('B4.32 what has no value is last ascending and first descending', async (t) => {
  t.same((await sorted('sortBy=title')).at(-1), 'echo');
  t.same((await sorted('sortBy=title&sortOrder=descending')).at(0), 'echo');
  const bySurname = await sorted('sortBy=name.familyName');
  t.same(bySurname.slice(0, 3), ['Bravo', 'echo', 'Alpha'], 'alpha Beta Zeta');
  const descending = await sorted('sortBy=name.familyName&sortOrder=descending');
  t.same(descending.slice(2), ['Alpha', 'echo', 'Bravo']);
});

t.test('B4.30 D4-5 of a multi-valued attribute the primary counts, or else the first', async (t) => {
  // a@x.org (primary), B@x.org (first), C@x.org
  for (const query of ['sortBy=emails', 'sortBy=emails.value']) {
    t.same((await sorted(query)).slice(0, 3), ['delta', 'charlie', 'Bravo'], query);
  }
});

t.test('B4.33 B4.18 instants and booleans are sorted by what they are', async (t) => {
  const made = ['delta', 'Alpha', 'charlie', 'Bravo', 'echo'];
  t.same(await sorted('sortBy=meta.created'), made);
  t.same(await sorted('sortBy=meta.created&sortOrder=descending'), made.toReversed());
  const byActive = await client.get('/Users?sortBy=active');
  t.equal(byActive.status, 200);
  t.equal(userNames(byActive).at(0), 'Alpha', 'false before true');
});

t.test(
  'B4.34 equal values keep one order on every page, and sorting leaves the filter in force',
  async (t) => {
    const whole = idsOf(await client.get('/Users?sortBy=active'));
    const paged: string[] = [];
    for (let startIndex = 1; startIndex <= 5; startIndex += 2) {
      paged.push(...idsOf(await client.get(`/Users?sortBy=active&startIndex=${startIndex}&count=2`)));
    }
    t.same(paged, whole);
    t.same(await sorted('sortBy=userName&sortOrder=descending&filter=active%20eq%20true&count=2'), [
      'echo',
      'delta',
    ]);
  },
);

t.test(
  'B4.31 D4-48 an unknown attribute or order is invalidValue, and an order alone is ignored',
  async (t) => {
    for (const query of [
      'sortBy=shoeSize',
      'sortBy=name',
      'sortBy=emails.shoe',
      'sortBy=userName&sortOrder=upward',
      'sortBy=password',
    ]) {
      t.equal(refused(await client.get(`/Users?${query}`), 400, 'invalidValue'), '', query);
    }
    t.same(await sorted('sortOrder=descending'), await sorted(''));
  },
);
