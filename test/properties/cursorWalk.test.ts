/**
 * A walk by cursor while other rows come and go: whatever is there all the time is seen exactly once, in order.
 * PROPERTY_RUNS says how many walks.
 */
import fc from 'fast-check';
import t from 'tap';
import { v7 } from 'uuid';
import type { Document } from '../../src/scim/resource/document.ts';
import { addTenant, type Directory, openDirectory, User } from '../support/directory.ts';
import { insertResources } from '../support/rows.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
if (process.env['PROPERTY_RUNS'] !== undefined) t.setTimeout(0);

/** What is known of a row, in order of insertion. */
interface Known {
  readonly id: string;
  readonly document: Document;
  readonly created: Date;
}

type Value = string | number | undefined;
type Email = { readonly value: string; readonly primary?: boolean };

// B4.30, B4.33: how each of them sorts. Folding matters where case does not count.
const SORTS: Readonly<Record<string, (row: Known) => Value>> = {
  '': () => undefined,
  userName: ({ document }) => String(document['userName']).toLowerCase(),
  title: ({ document }) => (document['title'] as string | undefined)?.toLowerCase(),
  externalId: ({ document }) => document['externalId'] as string | undefined,
  'name.familyName': ({ document }) =>
    (document['name'] as { familyName: string } | undefined)?.familyName.toLowerCase(),
  emails: ({ document }) => {
    const emails = (document['emails'] ?? []) as readonly Email[];
    return (emails.find(({ primary }) => primary) ?? emails[0])?.value.toLowerCase();
  },
  active: ({ document }) => Number(document['active']),
  'meta.created': ({ created }) => created.getTime(),
  id: ({ id }) => id,
};

const { compare } = new Intl.Collator('und');

/** The order of the list; rows of one value are in the order in which they came. */
function inOrder(rows: readonly Known[], sortBy: string, descending: boolean): Known[] {
  const value = SORTS[sortBy] as (row: Known) => Value;
  const sign = descending ? -1 : 1;
  const places = new Map(rows.map((row, index) => [row, index]));
  return [...rows].sort((left, right) => {
    const [a, b] = [value(left), value(right)];
    let order = 0;
    // B4.32: no value comes last ascending and first descending.
    if (a === undefined || b === undefined) order = Number(a === undefined) - Number(b === undefined);
    else order = typeof a === 'string' ? compare(a, String(b)) : a - Number(b);
    return order * sign || Number(places.get(left)) - Number(places.get(right));
  });
}

const word = fc.constantFrom('a', 'A', 'b', 'ab', 'é', 'e', 'z', 'Z', '9', '10', 'x y');
const body = fc.record(
  {
    title: word,
    externalId: word,
    name: fc.record({ familyName: word }),
    active: fc.boolean(),
    emails: fc.array(fc.record({ value: word }), { minLength: 1, maxLength: 2 }).map((emails) =>
      // A second one that is primary goes before the first.
      emails.map((email, index) => (index === 1 ? { ...email, primary: true } : email)),
    ),
  },
  { requiredKeys: ['active'] },
);
const churn = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), body }),
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat(1000) }),
  ),
  { maxLength: 3 },
);
const walks = fc.record({
  bodies: fc.array(body, { maxLength: 24 }),
  sortBy: fc.constantFrom(...Object.keys(SORTS)),
  descending: fc.boolean(),
  count: fc.integer({ min: 1, max: 7 }),
  churns: fc.array(churn, { minLength: 1, maxLength: 12, size: 'max' }),
});
type Walk = typeof walks extends fc.Arbitrary<infer W> ? W : never;
type Churn = Walk['churns'][number];

// Rows that came for ever could keep ahead of the walk for ever.
const CHURNS = 60;

/** A tenant whose rows come and go, and what is known of them. */
class Crowd {
  readonly #directory: Directory;
  /** Every row that ever was. */
  readonly rows: Known[] = [];
  readonly gone = new Set<string>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async fill(bodies: Walk['bodies']): Promise<void> {
    for (const document of bodies) {
      const created = new Date(1_700_000_000_000 + (this.rows.length % 3) * 1000);
      this.rows.push({ id: v7(), document: { userName: this.#name(), ...document }, created });
    }
    const resources = this.rows.map((row) => ({ ...row, version: 1, lastModified: row.created }));
    await insertResources(this.#directory.connection, this.#directory.tenantId, User, resources);
  }

  async change(changes: Churn): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'insert') {
        const given = { schemas: [User.schema], userName: this.#name(), ...change.body };
        const { id, document, created } = await this.#directory.create(User, given);
        this.rows.push({ id, document, created });
      } else {
        const living = this.living();
        const victim = living[change.at % Math.max(1, living.length)];
        if (!victim) continue;
        this.gone.add(victim.id);
        await this.#directory.remove(User, victim.id);
      }
    }
  }

  living(): Known[] {
    return this.rows.filter(({ id }) => !this.gone.has(id));
  }

  #name(): string {
    return `${'mabz'[this.rows.length % 4]}${this.rows.length}`;
  }
}

async function walk(directory: Directory, given: Walk): Promise<void> {
  const { bodies, sortBy, descending, count, churns } = given;
  const crowd = new Crowd(directory);
  await crowd.fill(bodies);
  const parameters = {
    count: String(count),
    ...(sortBy && { sortBy, sortOrder: descending ? 'descending' : 'ascending' }),
  };
  let turn = 0;
  /** One page, while rows come and go. */
  const page = async (cursor: string) => {
    const [listed] = await Promise.all([
      directory.list(User, { ...parameters, cursor }),
      crowd.change(turn < CHURNS ? (churns[turn++ % churns.length] as Churn) : []),
    ]);
    const ids = listed.resources.map(({ id }) => id);
    if (ids.length > count) throw new Error(`a page of ${ids.length}`);
    return { ids, ...(listed.position as { nextCursor?: string; previousCursor?: string }) };
  };
  const check = (seen: readonly string[], survivors: readonly Known[], what: string): void => {
    if (new Set(seen).size < seen.length) throw new Error(`${what}: a row was seen twice`);
    const missed = survivors.filter(({ id }) => !seen.includes(id));
    if (missed.length > 0) throw new Error(`${what}: missed ${JSON.stringify(missed)}`);
    const known = seen.map((id) => crowd.rows.find((row) => row.id === id) as Known);
    const expected = inOrder(
      crowd.rows.filter((row) => known.includes(row)),
      sortBy,
      descending,
    );
    if (expected.some((row, index) => row !== known[index])) {
      throw new Error(`${what}: ${JSON.stringify(known)} is not in order`);
    }
  };

  const started = crowd.living();
  const forward: string[][] = [];
  let at = await page('');
  if (at.previousCursor !== undefined) throw new Error('C1.03: there is nothing before the first page');
  for (;;) {
    forward.push(at.ids);
    if (at.nextCursor === undefined) break;
    if (at.ids.length < count) throw new Error(`C1: a page of ${at.ids.length} says that there are more`);
    if (forward.length > 500) throw new Error('the walk does not end');
    at = await page(at.nextCursor);
  }
  const survivors = started.filter(({ id }) => !crowd.gone.has(id));
  check(forward.flat(), survivors, 'forward');

  // Back from the last page: now also what came behind the walk on its way must be seen.
  const [edge] = at.ids;
  if (at.previousCursor === undefined || edge === undefined) return;
  const order = inOrder(crowd.rows, sortBy, descending).map(({ id }) => id);
  const before = new Set(order.slice(0, order.indexOf(edge)));
  const there = crowd.living().filter(({ id }) => before.has(id));
  const backward: string[] = [];
  for (let cursor: string | undefined = at.previousCursor, pages = 0; cursor && pages < 500; pages += 1) {
    const { ids, previousCursor }: Awaited<ReturnType<typeof page>> = await page(cursor);
    backward.unshift(...ids);
    cursor = previousCursor;
  }
  check(
    backward,
    there.filter(({ id }) => !crowd.gone.has(id)),
    'backward',
  );
}

t.test(
  'C1 B4.30 B4.32 B4.34 a walk by cursor sees what is there all the time once and in order, forward and backward, while rows come and go',
  async (t) => {
    const { connection } = await openDirectory(t);
    let tenants = 0;
    await fc.assert(
      fc.asyncProperty(walks, async (given) => {
        tenants += 1;
        await walk(await addTenant(connection, `walk-${tenants}`), given);
      }),
      { numRuns: RUNS },
    );
    t.ok(tenants >= RUNS, `${RUNS} walks`);
  },
);
