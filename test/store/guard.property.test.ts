import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { TenantGuardError } from '../../src/store/guard/tenantGuardError.ts';
import { statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { openClone } from '../support/connection.ts';

const A = '0190a000-0000-7000-8000-00000000000a';
const B = '0190b000-0000-7000-8000-00000000000b';

// Queries are put together at random, without regard to types.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Any = any;

const JOINS = [
  'innerJoin',
  'innerJoin',
  'leftJoin',
  'leftJoin',
  'rightJoin',
  'fullJoin',
  'crossJoin',
] as const;
const RAW = [
  'true',
  'true or true',
  '(true or true)',
  'true)or(true',
  'true --',
  'true between false',
  'not',
] as const;
const TABLES = ['resources', 'members', 'accounts', 'cte', 'cte'] as const;

/** A condition on aliases that are there; many name a tenant, some where it does not count. */
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('tenant' as const),
      alias: fc.nat(2),
      id: fc.constantFrom('own', 'own', 'own', 'other'),
    }),
    fc.record({ kind: fc.constant('same' as const), alias: fc.nat(2), other: fc.nat(2) }),
    fc.record({ kind: fc.constant('raw' as const), text: fc.constantFrom(...RAW) }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constantFrom('not' as const, 'parens' as const), term: tie('condition') }),
  ),
}));

type Condition =
  | { kind: 'tenant'; alias: number; id: keyof Ids }
  | { kind: 'same'; alias: number; other: number }
  | { kind: 'raw'; text: string }
  | { kind: 'and' | 'or'; terms: Condition[] }
  | { kind: 'not' | 'parens'; term: Condition };

/** What a query has for the tenant it is for, and for another one. */
interface Ids {
  readonly own: string;
  readonly other: string;
}

/** Most sources are held as they should be, with anything beside it. */
const query = fc.record({
  sources: fc.array(
    fc.record({
      table: fc.constantFrom(...TABLES),
      join: fc.constantFrom(...JOINS),
      held: fc.constantFrom('on', 'on', 'where', 'where', 'no'),
      on: fc.array(condition, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  where: fc.array(condition, { maxLength: 2 }),
  cteHeld: fc.boolean(),
});
type Shape = typeof query extends fc.Arbitrary<infer T> ? T : never;

function expression(eb: Any, node: Condition, sources: number, ids: Ids): Any {
  const column = (alias: number) => `t${alias % sources}.tenant_id`;
  switch (node.kind) {
    case 'tenant':
      return eb(column(node.alias), '=', ids[node.id]);
    case 'same':
      return eb(column(node.alias), '=', eb.ref(column(node.other)));
    case 'raw':
      return sql.raw(node.text);
    case 'and':
    case 'or':
      return eb[node.kind](node.terms.map((term) => expression(eb, term, sources, ids)));
    case 'not':
      return eb.not(expression(eb, node.term, sources, ids));
    case 'parens':
      return eb.parens(expression(eb, node.term, sources, ids));
  }
}

function build(db: Kysely<Any>, { sources, where, cteHeld }: Shape, ids: Ids): Any {
  const start: Any = db.with('cte', (q: Any) => {
    const every = q.selectFrom('rollcall_data.resources as r').select('r.tenant_id');
    return cteHeld ? every.where('r.tenant_id', '=', ids.own) : every.where('r.id', '=', A);
  });
  let built: Any;
  for (const [index, { table, join, held, on }] of sources.entries()) {
    const source = `${table === 'cte' ? 'cte' : `rollcall_data.${table}`} as t${index}`;
    const own: Condition = { kind: 'tenant', alias: index, id: 'own' };
    if (index === 0) built = start.selectFrom(source);
    else if (join === 'crossJoin') built = built.crossJoin(source);
    else {
      const all = held === 'on' ? [own, ...on] : [...on, { kind: 'raw', text: 'true' } as const];
      built = built[join](source, (j: Any) =>
        all.reduce((to, node) => to.on((eb: Any) => expression(eb, node, index + 1, ids)), j),
      );
    }
    built = built.select(`t${index}.tenant_id as id${index}`);
    if (held === 'where' || (held === 'on' && index === 0)) where = [own, ...where];
  }
  return where.reduce((to, node) => to.where((eb: Any) => expression(eb, node, sources.length, ids)), built);
}

/** Whether it goes by slots, which are filled when it is sent. */
const WAYS = ['with its values', 'with slots'] as const;

t.test('B15.03 whatever the guard lets pass finds rows of its own tenant alone', async (t) => {
  const connection = await openClone(t);
  for (const id of [A, B])
    await connection.pool.query(`
      insert into rollcall_data.tenants (id, slug, name, created_at) values ('${id}', '${id.slice(4, 8)}', 'x', now());
      insert into rollcall_data.resources (tenant_id, id, type, attributes, folded, created_at, modified_at)
        values ('${id}', '${A}', 'User', '{}', '{}', now(), now()), ('${id}', '${B}', 'User', '{}', '{}', now(), now());
      insert into rollcall_data.members values ('${id}', '${A}', '${B}', now());
      insert into rollcall_data.accounts (tenant_id, id, resource_id, active, reason, created_at, modified_at) values ('${id}', '${A}', null, true, null, now(), now());`);
  const a = connection.forTenant(A) as Kysely<Any>;
  const passed = { 'with its values': 0, 'with slots': 0 };
  const answered = { 'with its values': 0, 'with slots': 0 };
  await fc.assert(
    fc.asyncProperty(query, fc.constantFrom(...WAYS), async (shape, way) => {
      let found: readonly Record<string, string | null>[];
      try {
        if (way === 'with slots') {
          const template = statement<{ other: string }, Record<string, string | null>>(
            ({ db, tenantId, slot }) => build(db, shape, { own: tenantId, other: slot('other') }),
          );
          passed[way] += template.text === '' ? 0 : 1;
          found = await run({ db: a, tenantId: A }, template, { other: B });
        } else {
          const built = build(a, shape, { own: A, other: B });
          built.compile();
          passed[way] += 1;
          found = await built.execute();
        }
      } catch (error) {
        // Others are nonsense that the server refuses.
        return error instanceof TenantGuardError || 'code' in (error as object);
      }
      answered[way] += found.length > 0 ? 1 : 0;
      return found.every((row) => Object.values(row).every((id) => id === null || id === A));
    }),
    { numRuns: 3_000 },
  );
  for (const way of WAYS) {
    t.comment(`${way}: ${passed[way]} passed the guard, ${answered[way]} of them found rows`);
    t.ok(answered[way] > 25, `${answered[way]} queries ${way} found rows`);
  }
});
