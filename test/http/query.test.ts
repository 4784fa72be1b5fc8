import t from 'tap';
import { createSealer } from '../../src/http/sealer.ts';
import type { ScimError } from '../../src/scim/errors.ts';
import { openCursor, sealCursor } from '../../src/scim/list/cursor.ts';
import { readQuery } from '../../src/scim/list/query.ts';
import { openApp, type TestApp } from '../support/app.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

interface List {
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly startIndex?: number;
  readonly nextCursor?: string;
  readonly previousCursor?: string;
  readonly Resources: readonly {
    readonly userName?: string;
    readonly displayName?: string;
    readonly meta: { readonly resourceType: string };
  }[];
}

let app: TestApp;

t.before(async () => {
  app = await openApp(t);
});

const post = async (url: string, payload: object) =>
  (await app.scim({ method: 'POST', url: url, payload })).json<Record<string, unknown>>();
const get = async (url: string, query: Record<string, string> = {}, status = 200): Promise<List> => {
  const answer = await app.scim({ url: url, query });
  t.equal(answer.statusCode, status, `${url} ${JSON.stringify(query).slice(0, 120)}`);
  return answer.json<List>();
};
const namesOf = ({ Resources }: List): string =>
  Resources.map(({ userName, displayName }) => userName ?? displayName).join(',');

t.test(
  'B4.32 B4.33 lists are sorted by the type of the attribute, in either direction, and without a value last or first',
  async (t) => {
    const people: readonly [string, object][] = [
      [
        's-b',
        {
          title: 'ähnlich',
          name: { familyName: 'Zorn' },
          emails: [{ value: 'x@a.org' }, { value: 'c@c.org', primary: true }],
        },
      ],
      [
        's-a',
        {
          title: 'Zebra',
          name: { familyName: 'adler' },
          emails: [{ value: 'b@b.org' }],
          [ENTERPRISE]: { department: 'two' },
        },
      ],
      ['s-c', { title: 'apfel', emails: [{ value: 'a@a.org' }], [ENTERPRISE]: { department: 'One' } }],
      ['s-d', {}],
    ];
    for (const [userName, more] of people) await post('/Users', { schemas: [USER], userName, ...more });
    const filter = 'userName sw "s-"';
    const sorted = async (sortBy: string, sortOrder = 'ascending') =>
      namesOf(await get('/Users', { filter, sortBy, sortOrder }));
    t.equal(await sorted('userName'), 's-a,s-b,s-c,s-d');
    t.equal(await sorted('USERNAME', 'descending'), 's-d,s-c,s-b,s-a');
    t.equal(await sorted('title'), 's-b,s-c,s-a,s-d', 'B4.33 Unicode order, without regard to case');
    t.equal(await sorted('title', 'descending'), 's-d,s-a,s-c,s-b', 'B4.32 no value first');
    t.equal(await sorted('name.familyName'), 's-a,s-b,s-c,s-d', 'B4.34 ties in the order of insertion');
    t.equal(await sorted('emails'), 's-c,s-a,s-b,s-d', 'B4.30 by the primary value, else the first');
    t.equal(await sorted('emails.value', 'descending'), 's-d,s-b,s-a,s-c');
    t.equal(await sorted(`${ENTERPRISE}:department`), 's-c,s-a,s-b,s-d');
    t.equal(await sorted('meta.created', 'descending'), 's-d,s-c,s-a,s-b');
    t.equal(
      namesOf(await get('/Users', { filter, sortOrder: 'descending' })),
      's-b,s-a,s-c,s-d',
      'B4.31 sortOrder alone',
    );
    for (const [sortBy, sortOrder] of [
      ['nothing', 'ascending'],
      ['password', 'ascending'],
      ['name', 'ascending'],
      ['groups', 'ascending'],
      ['userName', 'up'],
    ] as const) {
      t.match(await get('/Users', { filter, sortBy, sortOrder }, 400), { scimType: 'invalidValue' });
    }
  },
);

t.test('C1 a list is walked by cursor, forward and back, whatever it is sorted by', async (t) => {
  for (let index = 0; index < 25; index += 1) {
    const title = index % 4 === 0 ? undefined : `t${index % 3}`;
    await post('/Users', { schemas: [USER], userName: `c-${String(index).padStart(2, '0')}`, title });
  }
  const filter = 'userName sw "c-"';
  for (const order of [
    {},
    { sortBy: 'title' },
    { sortBy: 'title', sortOrder: 'descending' },
    { sortBy: 'meta.created', sortOrder: 'descending' },
    { sortBy: 'active' },
  ]) {
    const whole = namesOf(await get('/Users', { filter, ...order, count: '100' }));
    const pages: List[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: List = await get('/Users', { filter, ...order, count: '10', cursor });
      pages.push(page);
      cursor = page.nextCursor;
      t.match(cursor ?? '', /^[\w.~-]*$/, 'C1.01 unreserved characters only');
    }
    t.same(
      pages.map(({ itemsPerPage }) => itemsPerPage),
      [10, 10, 5],
    );
    t.equal(pages.map(namesOf).join(','), whole, JSON.stringify(order));
    t.ok(pages.every(({ totalResults, startIndex }) => totalResults === 25 && startIndex === undefined));
    t.equal(pages[0]?.previousCursor, undefined, 'C1.03 none before the first page');
    t.equal(pages[2]?.nextCursor, undefined, 'D4-52 none after the last');
    const second = await get('/Users', {
      filter,
      ...order,
      count: '10',
      cursor: pages[2]?.previousCursor ?? '',
    });
    t.equal(namesOf(second), namesOf(pages[1] as List));
    const first = await get('/Users', { filter, ...order, count: '10', cursor: second.previousCursor ?? '' });
    t.equal(namesOf(first), namesOf(pages[0] as List));
    t.equal(first.previousCursor, undefined);
    t.ok(first.nextCursor);
  }
});

t.test(
  'C1.06 a cursor is good for its own walk only, and every misuse is told in the same words',
  async (t) => {
    const filter = 'userName sw "c-"';
    const { nextCursor: cursor = '' } = await get('/Users', { filter, count: '10', cursor: '' });
    const other = await app.addTenant('other');
    const asOther = await app.scim({
      url: '/Users',
      query: { filter, count: '10', cursor },
      headers: { authorization: `Bearer ${other.token}` },
    });
    const flipped = `${cursor.slice(0, -2)}${cursor.at(-2) === 'A' ? 'B' : 'A'}${cursor.at(-1)}`;
    const details = new Set<string>();
    for (const answer of [
      await get('/Users', { filter: 'userName sw "c-1"', count: '10', cursor }, 400),
      await get('/Users', { filter, count: '10', cursor, sortBy: 'title' }, 400),
      await get('/Groups', { filter: 'displayName sw "c-"', count: '10', cursor }, 400),
      await get('/Users', { filter, count: '10', cursor: flipped }, 400),
      await get('/Users', { filter, count: '10', cursor: 'x' }, 400),
      asOther.json<List>(),
    ]) {
      t.match(answer, { scimType: 'invalidCursor' });
      details.add((answer as unknown as { detail: string }).detail.replace(/ \[.*/, ''));
    }
    t.equal(details.size, 1);
    t.match(await get('/Users', { filter, count: '11', cursor }, 400), { scimType: 'invalidCount' });
    t.match(
      await get('/Users', { filter, count: '10', cursor, startIndex: '1' }, 400),
      { scimType: 'invalidValue' },
      'C1.09',
    );
    t.match(await get('/Users', { filter, count: '0', cursor: '' }), { totalResults: 25, Resources: [] });
    t.match(
      await get('/Users', { filter, count: '-5', cursor: '' }),
      { totalResults: 25, Resources: [] },
      'C1.02',
    );
  },
);

t.test('C1.06 C1.15 a cursor holds for an hour, and what it was sealed for', async (t) => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const walk = {
    owner: 'tenant token',
    endpoint: '/Users',
    query: readQuery({ filter: 'userName pr', count: '10' }),
  };
  const place = { value: 'ä', seq: '4711' };
  const issued = new Date('2026-01-01T00:00:00Z');
  const after = (seconds: number): Date => new Date(issued.getTime() + seconds * 1000);
  const cursor = sealCursor(sealer, walk, { direction: 'before', place }, issued);
  t.same(openCursor(sealer, walk, cursor, after(3_599)), { direction: 'before', place });
  const refusalOf = (run: () => unknown): string | undefined => {
    try {
      run();
      return 'none';
    } catch (error) {
      return (error as ScimError).scimType;
    }
  };
  t.equal(
    refusalOf(() => openCursor(sealer, walk, cursor, after(3_602))),
    'expiredCursor',
  );
  t.equal(
    refusalOf(() => openCursor(sealer, { ...walk, owner: 'tenant other' }, cursor, issued)),
    'invalidCursor',
  );
  t.equal(
    refusalOf(() => openCursor(createSealer(Buffer.alloc(32, 2)), walk, cursor, issued)),
    'invalidCursor',
  );
  t.not(sealCursor(sealer, walk, { direction: 'before', place }, issued), cursor, 'no two are alike');
});

t.test('B4.60 a SearchRequest asks what a URL asks', async (t) => {
  const search = async (url: string, body: object) => {
    const answer = await app.scim({
      method: 'POST',
      url: url,
      payload: { schemas: [SEARCH], ...body },
    });
    return { status: answer.statusCode, body: answer.json<List>() };
  };
  const found = await search('/Users/.search', {
    filter: 'userName sw "c-"',
    sortBy: 'userName',
    sortOrder: 'descending',
    startIndex: 3,
    count: 2,
    attributes: ['userName'],
  });
  t.match(found, {
    status: 200,
    body: {
      totalResults: 25,
      startIndex: 3,
      itemsPerPage: 2,
      Resources: [{ userName: 'c-22' }, { userName: 'c-21' }],
    },
  });
  t.notOk('meta' in (found.body.Resources[0] ?? {}));
  const first = await search('/Users/.search', { filter: 'userName sw "c-"', count: 20, cursor: '' });
  const second = await search('/Users/.search', {
    filter: 'userName sw "c-"',
    count: 20,
    cursor: first.body.nextCursor,
  });
  t.match(second.body, { itemsPerPage: 5, totalResults: 25 });
  t.match(
    (await search('/Users/.search', { filter: `title eq "${'x'.repeat(10_000)}"` })).status,
    200,
    'B4.12 longer than a URL may have',
  );
  t.match(await search('/Users/.search', { count: 'many' }), { status: 400 });
  t.match(await app.scim({ method: 'POST', url: '/Users/.search', payload: { schemas: [USER] } }), {
    statusCode: 400,
  });
  t.match(await app.scim({ url: '/Users/.search' }), {
    statusCode: 405,
    headers: { allow: 'POST, OPTIONS' },
  });
});

t.test(
  'B4.03 a query at the root is over every resource type, and what a type lacks has no value',
  async (t) => {
    await post('/Groups', { schemas: [GROUP], displayName: 'root group' });
    await post('/Users', {
      schemas: [USER],
      userName: 'root-user',
      displayName: 'Root user',
      externalId: 'r1',
    });
    t.equal(namesOf(await get('/', { filter: 'displayName sw "ROOT"' })), 'root group,root-user');
    t.equal(
      namesOf(await get('/', { filter: 'displayName sw "root" and meta.resourceType eq "Group"' })),
      'root group',
    );
    t.equal(namesOf(await get('/', { filter: 'userName eq "root-user"' })), 'root-user');
    t.equal((await get('/', { filter: 'foo eq "x"' })).totalResults, 0, 'D5');
    t.equal(namesOf(await get('/', { filter: 'externalId eq "r1"' })), 'root-user');
    t.equal(namesOf(await get('/', { filter: 'displayName sw "root" and not (userName pr)' })), 'root group');
    t.equal(
      namesOf(
        await get('/', { filter: 'displayName sw "root"', sortBy: 'displayName', sortOrder: 'descending' }),
      ),
      'root-user,root group',
    );
    const { status } = {
      status: (
        await app.scim({
          method: 'POST',
          url: '/.search',
          payload: { schemas: [SEARCH], filter: 'displayName sw "root"' },
        })
      ).statusCode,
    };
    t.equal(status, 200);
    t.match(await get('/', { filter: 'displayName sw' }, 400), { scimType: 'invalidFilter' });
  },
);

t.test('A6.04 groups shows the groups above, direct and indirect, and a circle ends', async (t) => {
  const { id: userId } = await post('/Users', { schemas: [USER], userName: 'nested' });
  const { id: inner } = await post('/Groups', {
    schemas: [GROUP],
    displayName: 'inner',
    members: [{ value: userId }],
  });
  const { id: outer } = await post('/Groups', {
    schemas: [GROUP],
    displayName: 'outer',
    members: [{ value: inner }],
  });
  await app.scim({
    method: 'PATCH',
    url: `/Groups/${String(inner)}`,
    payload: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'add', path: 'members', value: [{ value: outer }] }],
    },
  });
  const user = (await app.scim({ url: `/Users/${String(userId)}` })).json<{ groups: unknown[] }>();
  t.match(user.groups, [
    { value: inner, display: 'inner', type: 'direct' },
    { value: outer, display: 'outer', type: 'indirect' },
  ]);
  t.equal(
    namesOf(await get('/Users', { filter: `groups.value eq "${String(outer)}"` })),
    'nested',
    'the filter sees what is shown',
  );
  t.equal(namesOf(await get('/Users', { filter: `groups eq "${String(inner)}"` })), 'nested');
  t.equal(namesOf(await get('/Users', { filter: 'groups.display eq "Outer"' })), 'nested');
  t.equal(namesOf(await get('/Users', { filter: 'groups[display eq "outer" and type eq "direct"]' })), '');
  t.equal(
    namesOf(await get('/Users', { filter: 'groups[display eq "outer" and type eq "indirect"]' })),
    'nested',
  );
});

t.test(
  'B4.42 a client that walks by startIndex sees every resource once while earlier ones are deleted',
  async (t) => {
    const ids: string[] = [];
    for (let index = 0; index < 30; index += 1)
      ids.push(
        String(
          (await post('/Users', { schemas: [USER], userName: `w-${String(index).padStart(2, '0')}` })).id,
        ),
      );
    const filter = 'userName sw "w-"';
    const first = await get('/Users', { filter, startIndex: '1', count: '10' });
    await app.scim({ method: 'DELETE', url: `/Users/${ids[3]}` });
    const second = await get('/Users', { filter, startIndex: '11', count: '10' });
    const third = await get('/Users', { filter, startIndex: '21', count: '10' });
    t.equal(second.totalResults, 29);
    const names = [first, second, third].flatMap(({ Resources }) =>
      Resources.map(({ userName }) => userName),
    );
    t.equal(new Set(names).size, names.length);
    t.same(
      names,
      Array.from({ length: 30 }, (_, index) => `w-${String(index).padStart(2, '0')}`),
    );
  },
);
