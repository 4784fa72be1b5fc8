import {
  AliasedExpressionWrapper as Aliased,
  type Kysely,
  OperationNodeTransformer,
  type PrimitiveValueListNode,
  type RawBuilder,
  sql,
  type ValueNode,
} from 'kysely';
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres';
import t from 'tap';
import { CONTROL_TABLES, TENANT_TABLES } from '../../src/store/guard/guardedTables.ts';
import { TENANT } from '../../src/store/guard/slot.ts';
import { TenantGuardError } from '../../src/store/guard/tenantGuardError.ts';
import { tenantGuard } from '../../src/store/guard.ts';
import { builder, statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import type { Database } from '../../src/store/tables.ts';
import { openClone } from '../support/connection.ts';

const A = '0190a000-0000-7000-8000-00000000000a';
const B = '0190b000-0000-7000-8000-00000000000b';
const now = new Date('2026-11-22T10:00:00Z');

// Attempts are made by somebody who does not heed the types.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Any = any;
type Query = { compile(): unknown };
type Attempt = (db: Any) => Query;

const RES = 'rollcall_data.resources';
const r = 'rollcall_data.resources as r';
const m = 'rollcall_data.members as m';

const connection = await openClone(t);
const a = connection.forTenant(A) as Kysely<Any>;

const own = (db: Any) => db.selectFrom(r).where('r.tenant_id', '=', A);
const raw = (text: string): RawBuilder<Any> => sql.raw(text);

const insert = { id: B, type: 'User', attributes: '{}', folded: '{}', created_at: now, modified_at: now };

/** Each would reach another tenant, or might, and is refused. */
// biome-ignore format: one line each
const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'no condition': (db) => db.selectFrom(r).selectAll(),
  'no condition and no alias': (db) => db.selectFrom(RES).selectAll(),
  "another tenant's id": (db) => db.selectFrom(r).selectAll().where('r.tenant_id', '=', B),
  'both ids': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', 'in', [A, B]),
  'its own id in a list': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', 'in', [A]),
  'at least its id': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', '>=', A),
  'not its id': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', '!=', A),
  'like its id': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', 'like', A),
  'is its id': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', 'is not distinct from', A),
  'its id, the other way round': (db) => db.selectFrom(r).selectAll().where((eb: Any) => eb(eb.val(A), '=', eb.ref('r.tenant_id'))),
  'tenant_id = tenant_id': (db) => db.selectFrom(r).selectAll().whereRef('r.tenant_id', '=', 'r.tenant_id'),
  'its id or true': (db) => db.selectFrom(r).selectAll().where((eb: Any) => eb.or([eb('r.tenant_id', '=', A), eb.lit(true)])),
  'its id, negated': (db) => db.selectFrom(r).selectAll().where((eb: Any) => eb.not(eb('r.tenant_id', '=', A))),
  'its id, compared with false': (db) => db.selectFrom(r).selectAll().where((eb: Any) => eb(eb('r.tenant_id', '=', A), '=', false)),
  'its id in a CASE': (db) => db.selectFrom(r).selectAll().where((eb: Any) => eb.case().when('r.tenant_id', '=', A).then(true).else(true).end()),
  'its id in the HAVING': (db) => db.selectFrom(r).select('r.tenant_id').groupBy('r.tenant_id').having(sql.ref('r.tenant_id'), '=', A),
  'its id in a selection': (db) => db.selectFrom(r).select((eb: Any) => eb('r.tenant_id', '=', A).as('own')),
  'its id in upper case': (db) => db.selectFrom(r).selectAll().where('r.tenant_id', '=', A.toUpperCase()),
  'its id as raw text': (db) => db.selectFrom(r).selectAll().where(sql<boolean>`r.tenant_id = ${A}`),
  'another column': (db) => db.selectFrom(r).selectAll().where('r.id', '=', A),
  "another table's tenant_id": (db) => db.selectFrom([r, m]).selectAll().where('m.tenant_id', '=', A),
  'tenant_id of one of two tables, unqualified': (db) => db.selectFrom([r, m]).selectAll().where('tenant_id', '=', A),
  'a second table without': (db) => own(db).innerJoin(m, 'm.member_id', 'r.id').selectAll(),
  'a join on equal tenant_ids': (db) => own(db).innerJoin(m, 'm.tenant_id', 'r.tenant_id').selectAll(),
  'a self join': (db) => own(db).innerJoin('rollcall_data.resources as x', 'x.id', 'r.id').selectAll(),
  'a cross join': (db) => own(db).crossJoin(m).selectAll(),
  'a left join whose ON is about the left side': (db) => db.selectFrom(r).leftJoin(m, (on: Any) => on.on('r.tenant_id', '=', A).on('m.tenant_id', '=', A)).selectAll(),
  'a left join held in the WHERE': (db) => own(db).leftJoin(m, 'm.member_id', 'r.id').where('m.tenant_id', '=', A).selectAll(),
  'a left join with OR in its ON': (db) => own(db).leftJoin(m, (on: Any) => on.on((eb: Any) => eb.or([eb('m.tenant_id', '=', A), eb('m.member_id', '=', B)]))).selectAll(),
  'a right join': (db) => own(db).rightJoin(m, (on: Any) => on.on('m.tenant_id', '=', A)).selectAll(),
  'a full join': (db) => own(db).fullJoin(m, (on: Any) => on.on('m.tenant_id', '=', A)).where('m.tenant_id', '=', A).selectAll(),
  'a lateral join': (db) => own(db).innerJoinLateral((eb: Any) => eb.selectFrom(m).selectAll().as('x'), (on: Any) => on.onTrue()).selectAll(),
  'a subquery in the selection': (db) => own(db).select((eb: Any) => eb.selectFrom(m).select('m.member_id').limit(1).as('x')),
  'a subquery in the FROM': (db) => db.selectFrom((eb: Any) => eb.selectFrom(r).selectAll().as('x')).where('x.tenant_id', '=', A).selectAll(),
  'a subquery in the WHERE': (db) => own(db).where('r.id', 'in', (eb: Any) => eb.selectFrom(m).select('m.member_id')).selectAll(),
  'an EXISTS that relies on its outer query': (db) => own(db).where((eb: Any) => eb.exists(eb.selectFrom(m).whereRef('m.tenant_id', '=', 'r.tenant_id').select('m.member_id'))).selectAll(),
  'an EXISTS held by its outer query': (db) => db.selectFrom(r).where((eb: Any) => eb.exists(eb.selectFrom(m).where('m.tenant_id', '=', A).where('r.tenant_id', '=', A).select('m.member_id'))).selectAll(),
  'a NOT EXISTS': (db) => own(db).where((eb: Any) => eb.not(eb.exists(eb.selectFrom(m).select('m.member_id')))).selectAll(),
  'a subquery in the ORDER BY': (db) => own(db).orderBy((eb: Any) => eb.selectFrom(m).select('m.created_at').limit(1)).selectAll(),
  'a subquery in the LIMIT': (db) => own(db).limit((eb: Any) => eb.selectFrom(m).select((x: Any) => x.fn.countAll().as('n'))).selectAll(),
  'a subquery in a function': (db) => own(db).select((eb: Any) => eb.fn.coalesce(eb.selectFrom(m).select('m.member_id').limit(1), eb.ref('r.id')).as('x')),
  'a subquery in a filtered aggregate': (db) => own(db).select((eb: Any) => eb.fn.countAll().filterWhere(eb.exists(eb.selectFrom(m).select('m.member_id'))).as('n')),
  'a subquery in a window': (db) => own(db).select((eb: Any) => eb.fn.countAll().over((o: Any) => o.partitionBy(eb.selectFrom(m).select('m.member_id').limit(1))).as('n')),
  'a CTE without': (db) => db.with('x', (q: Any) => q.selectFrom(r).selectAll()).selectFrom('x').selectAll(),
  'a CTE held from outside': (db) => db.with('x', (q: Any) => q.selectFrom(r).selectAll()).selectFrom('x').where('x.tenant_id', '=', A).selectAll(),
  'a recursive CTE whose second part is without': (db) => db.withRecursive('x', (q: Any) => q.selectFrom(m).where('m.tenant_id', '=', A).select('m.member_id').unionAll(q.selectFrom('x').innerJoin(m, 'm.group_id', 'x.member_id').select('m.member_id'))).selectFrom('x').selectAll(),
  'a CTE that bears the name of a table and reads it': (db) => db.with('members', (q: Any) => q.selectFrom('members').selectAll()).selectFrom('members').selectAll(),
  'a CTE used before it is there': (db) => db.with('x', (q: Any) => q.selectFrom('resources').selectAll()).with('resources', (q: Any) => q.selectFrom('x').selectAll()).selectFrom('resources').selectAll(),
  'a CTE seen outside its statement': (db) => db.selectFrom(db.with('resources', (q: Any) => q.selectFrom(sql`(select 1)`.as('one')).selectAll()).selectFrom('resources').selectAll().as('x')).innerJoin('resources', (on: Any) => on.onTrue()).selectAll(),
  'an updating CTE': (db) => db.with('x', (q: Any) => q.updateTable(r).set({ active: false }).returning('r.id')).selectFrom('x').selectAll(),
  'the other branch of a UNION': (db) => own(db).select('r.id').union((eb: Any) => eb.selectFrom(r).select('r.id')),
  'the other branch of an EXCEPT': (db) => own(db).select('r.id').except((eb: Any) => eb.parens(eb.selectFrom(r).select('r.id'))),
  'an update without': (db) => db.updateTable(RES).set({ active: false }),
  "an update of another tenant's": (db) => db.updateTable(RES).set({ active: false }).where('tenant_id', '=', B),
  'an update of tenant_id': (db) => db.updateTable(RES).set({ tenant_id: B }).where('tenant_id', '=', A),
  'an update of tenant_id by its alias': (db) => db.updateTable(r).set('r.tenant_id', B).where('r.tenant_id', '=', A),
  'an update of a raw column': (db) => db.updateTable(RES).set(sql`tenant_id`, B).where('tenant_id', '=', A),
  'an update from': (db) => db.updateTable(r).from(m).set({ active: false }).where('r.tenant_id', '=', A),
  'an update that relies on its FROM': (db) => db.updateTable(r).from(m).set({ active: false }).where('m.tenant_id', '=', A),
  'an update to a subquery': (db) => db.updateTable(r).set((eb: Any) => ({ key: eb.selectFrom('rollcall_data.resources as x').select('x.key').limit(1) })).where('r.tenant_id', '=', A),
  'an update of a CTE of that name': (db) => db.with('resources', (q: Any) => q.selectFrom(sql`(select 1)`.as('x')).selectAll()).updateTable('resources').set({ active: false }),
  'a delete without': (db) => db.deleteFrom(RES),
  'a delete using': (db) => db.deleteFrom(m).using(r).where('m.tenant_id', '=', A),
  'a delete that relies on its USING': (db) => db.deleteFrom(m).using(r).where('r.tenant_id', '=', A),
  'an insert without tenant_id': (db) => db.insertInto(RES).values(insert),
  'an insert for another tenant': (db) => db.insertInto(RES).values({ ...insert, tenant_id: B }),
  'an insert of a second row for another tenant': (db) => db.insertInto(RES).values([{ ...insert, tenant_id: A }, { ...insert, tenant_id: B }]),
  'an insert of a computed tenant_id': (db) => db.insertInto(RES).values({ ...insert, tenant_id: sql`gen_random_uuid()` }),
  'an insert of a subquery as tenant_id': (db) => db.insertInto(RES).values((eb: Any) => ({ ...insert, tenant_id: eb.selectFrom('rollcall_data.tenants').select('id').limit(1), })),
  'an insert of the default tenant_id': (db) => db.insertInto(RES).columns(['tenant_id']).defaultValues(),
  'an insert of whatever is selected': (db) => db.insertInto('rollcall_data.members').expression((eb: Any) => eb.selectFrom(m).selectAll().where('m.tenant_id', '=', A)),
  "an insert of a selected row's tenant_id": (db) => db.insertInto('rollcall_data.members').columns(['tenant_id', 'group_id']).expression((eb: Any) => eb.selectFrom('rollcall_data.tokens as k').select(['k.tenant_id', 'k.id'])),
  'an insert whose tenant_id a star moves': (db) => db.insertInto('rollcall_data.members').columns(['group_id', 'tenant_id']).expression((eb: Any) => eb.selectFrom(sql`(select 1)`.as('x')).selectAll('x').select(eb.val(A).as('tenant_id'))),
  'an insert whose tenant_id raw text moves': (db) => db.insertInto('rollcall_data.members').columns(['group_id', 'tenant_id']).expression((eb: Any) => eb.selectFrom(sql`(select 1)`.as('x')).select([sql`1, 2`.as('y'), eb.val(A).as('tenant_id')])),
  'an insert whose second branch is for another tenant': (db) => db.insertInto('rollcall_data.members').columns(['tenant_id']).expression((eb: Any) => eb.selectFrom(sql`(select 1)`.as('x')).select(eb.val(A).as('tenant_id')).union(eb.selectFrom(sql`(select 1)`.as('x')).select(eb.val(B).as('tenant_id')))),
  'an insert of raw rows': (db) => db.insertInto('rollcall_data.members').columns(['tenant_id']).expression(sql`values (${A})`),
  'an upsert that moves the row': (db) => db.insertInto(RES).values({ ...insert, tenant_id: A }).onConflict((oc: Any) => oc.columns(['tenant_id', 'id']).doUpdateSet({ tenant_id: B })),
  'an upsert to a subquery': (db) => db.insertInto(RES).values({ ...insert, tenant_id: A }).onConflict((oc: Any) => oc.columns(['tenant_id', 'id']).doUpdateSet((eb: Any) => ({ key: eb.selectFrom('rollcall_data.resources as x').select('x.key').limit(1), }))),
  'an upsert where a subquery': (db) => db.insertInto(RES).values({ ...insert, tenant_id: A }).onConflict((oc: Any) => oc.columns(['tenant_id', 'id']).doUpdateSet({ key: 'x' }).where((eb: Any) => eb.exists(eb.selectFrom(m).select('m.member_id')))),
  'a RETURNING with a subquery': (db) => db.deleteFrom(m).where('m.tenant_id', '=', A).returning((eb: Any) => eb.selectFrom(r).select('r.key').limit(1).as('x')),
  'a merge': (db) => db.mergeInto(m).using(r, 'm.member_id', 'r.id').whenMatched().thenDelete(),
  DDL: (db) => db.schema.dropTable('rollcall_data.resources'),
  'an unqualified table': (db) => db.selectFrom('resources').selectAll().where('tenant_id', '=', A),
  'a view over tenant tables': (db) => db.selectFrom('rollcall.accounts').selectAll().where('tenant_id', '=', A),
  'a table that nobody has listed': (db) => db.selectFrom('rollcall_data.unlisted').selectAll(),
  'the catalogue': (db) => db.selectFrom('pg_catalog.pg_class').selectAll(),
  'a function of ours that is not listed': (db) => db.selectNoFrom((eb: Any) => eb.fn('rollcall_data.feed_base', []).as('x')),
  'a table in other letters': (db) => db.selectFrom('rollcall_data.Resources as r').selectAll().where('r.tenant_id', '=', A),
  'an alias that renames columns': (db) => db.selectFrom((eb: Any) => new Aliased(eb.table(RES), sql`r(id, tenant_id)`) as Any).selectAll().where('r.tenant_id', '=', A),
  'a column dressed up as a table': (db) => db.selectFrom((eb: Any) => eb.ref('rollcall_data.resources').as('x')).selectAll(),
  'one alias for two tables': (db) => db.selectFrom([r, 'rollcall_data.members as r']).selectAll().where('r.tenant_id', '=', A),
  withSchema: (db) => db.withSchema('rollcall_data').selectFrom('resources').selectAll(),
  'dynamic table names': (db) => db.selectFrom(db.dynamic.table(RES).as('x')).selectAll(),
  'tables without tenants beside it': (db) => db.selectFrom(['rollcall_data.tokens as k', r]).selectAll().where('k.tenant_id', '=', A),
};

const wholeRaw =
  (text: string): Attempt =>
  (db) => ({ compile: () => raw(text).compile(db) });
const condition =
  (...parts: readonly Any[]): Attempt =>
  (db) =>
    parts.reduce((query: Any, part) => query.where(part), own(db)).selectAll();
/** The predicate stands after the text. */
const before =
  (text: string): Attempt =>
  (db) =>
    db.selectFrom(r).where(raw(text)).where('r.tenant_id', '=', A).selectAll();

// biome-ignore format: one line each
const RAW_ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'a raw statement': wholeRaw('select * from rollcall_data.resources'),
  'a raw statement with the tenant in it': wholeRaw(`select * from rollcall_data.resources where tenant_id = '${A}'`),
  'quoted names': wholeRaw('select * from "rollcall_data"."resources"'),
  'upper case': wholeRaw('SELECT * FROM ROLLCALL_DATA.RESOURCES'),
  'the table command': wholeRaw('with x as (table rollcall_data.members) select * from x'),
  'a name without schema': wholeRaw('select * from accounts'),
  'a name of a partition': wholeRaw('select * from rollcall_data.exchanges_20261122'),
  'a view': wholeRaw('select * from rollcall.accounts'),
  'escaped letters in a name': wholeRaw('select * from rollcall_x.U&"\\0072esources"'),
  'escaped letters in a name of ours': (db) => ({ compile: () => sql`select * from U&${sql.id('\\0072esources')}`.compile(db), }),
  'a name after a comment': wholeRaw('select * from /* */ resources'),
  'a name in two fragments': (db) => ({ compile: () => sql`select * from rollcall_${raw('data')}.res${raw('ources')}`.compile(db), }),
  'sql.table': (db) => ({ compile: () => sql`select * from ${sql.table(RES)}`.compile(db) }),
  'sql.id': (db) => ({ compile: () => sql`select * from ${sql.id('rollcall_data', 'resources')}`.compile(db), }),
  'sql.id in two parts': (db) => ({ compile: () => sql`select * from ${sql.id('x')}.${sql.id('resources')}`.compile(db), }),
  'sql.ref': (db) => ({ compile: () => sql`select * from ${sql.ref('rollcall_data.resources')}`.compile(db), }),
  'sql.join of names': (db) => ({ compile: () => sql`select * from ${sql.join([sql.id('rollcall_data'), sql.id('resources')], raw('.'))}`.compile(db), }),
  'a builder reference inside raw text': (db) => own(db).select((eb: Any) => sql`(select 1 from ${eb.ref('rollcall_data.resources')} as x)`.as('y')),
  'a builder table inside raw text': (db) => own(db).select((eb: Any) => sql`(select 1 from ${eb.table(RES)} as x)`.as('y')),
  'an aliased reference inside raw text': (db) => own(db).select((eb: Any) => sql`(select 1 from ${eb.ref('rollcall_data.resources').as('x')})`.as('y')),
  'a query inside raw text': (db) => own(db).select((eb: Any) => sql`exists (${eb.selectFrom(m).select('m.member_id')})`.as('y')),
  'a delete inside raw text': (db) => ({ compile: () => sql`with x as (${db.deleteFrom(m).where('m.tenant_id', '=', A)} or true) select 1`.compile(db), }),
  'a query as text': wholeRaw(`select query_to_xml('select * from ' || 'roll' || 'call_data.resources', true, true, '')`),
  'a query as text, by the builder': (db) => db.selectNoFrom((eb: Any) => eb.fn('query_to_xml', [eb.val('select 1')]).as('x')),
  'a table as text': wholeRaw(`select * from table_to_xml('x'::regclass, true, true, '')`),
  'a function name that is more': (db) => db.selectNoFrom((eb: Any) => eb.fn('max(id) from rollcall_data.resources where abs', [eb.val(1)]).as('x')),
  DO: wholeRaw(`do 'begin execute ''select 1''; end'`),
  'a search path': wholeRaw(`select set_config('search_path', 'x', false)`),
  SET: wholeRaw('set search_path to x'),
  'a prepared statement': wholeRaw('select 1; execute x'),
  COPY: wholeRaw('copy x to stdout'),
  'a second statement': wholeRaw('select 1; select 2'),
  'dollar quotes': wholeRaw('select $x$ y $x$'),
  'OR beside the predicate': condition(sql`true or true`),
  'OR in capitals': condition(sql`true OR true`),
  'OR beside a digit': condition(raw('1=1or true')),
  'OR as an operator': (db) => own(db).where((eb: Any) => eb(eb.lit(true), sql`or`, eb.lit(true))).selectAll(),
  'OR in an operand': (db) => own(db).where('r.active', '=', sql`true or true`).selectAll(),
  'OR inside a wrapper': condition(sql`${raw('true or true')}`),
  'parentheses that close the condition': condition(sql`true) or (true`),
  'a comment to the end': before('true --'),
  'a comment that another fragment closes': condition(raw('true /*'), raw('*/ true')),
  'quotes that another fragment closes': condition(raw("'"), raw("'")),
  'an escaped quote': condition(raw("E'\\'' = '' or true or ''='"), raw('true')),
  'a value inside quotes': (db) => own(db).where(sql`'${sql.lit(' or true or ')}' = ''`).selectAll(),
  'a value glued to a letter': (db) => own(db).where(sql`E${sql.lit("\\' or true --")} = ''`).selectAll(),
  'BETWEEN without its AND': before('true between false'),
  'CASE in two fragments': condition(raw('case when true then true when true'), raw('true then true end')),
  'UNION in a condition': condition(raw('true union select 1')),
  'text after the condition': (db) => db.deleteFrom(m).where('m.tenant_id', '=', A).modifyEnd(sql`is not null`),
  'text after the condition of a select': (db) => own(db).selectAll().modifyEnd(sql`is not null`),
  'text before the selection': (db) => own(db).selectAll().modifyFront(sql`1 from (values (1)) as x where true union select`),
  'a raw source with its own WHERE': (db) => db.selectFrom([raw('(select 1) as x where true union all select 2 from (select 1) as y').as('z'), r]).selectAll().where('r.tenant_id', '=', A),
  'a raw source that turns the join': (db) => db.selectFrom(r).innerJoin(raw('(select 1) as x on true left join (select 1)').as('y'), (on: Any) => on.on('r.tenant_id', '=', A)).selectAll(),
  'a statement pieced together': (db) => db.selectNoFrom((eb: Any) => eb.parens(eb(sql`select 1`, sql`from`, eb.table(RES))).as('x')),
  'a raw CTE': (db) => db.with('x', () => sql`(select * from rollcall_data.resources)`).selectFrom('x').selectAll(),
  'two minus signs': (db) => own(db).where((eb: Any) => eb(eb.neg(sql`-1`), '=', 1)).selectAll(),
};

for (const [group, attempts] of Object.entries({ 'query builder': ATTEMPTS, 'raw SQL': RAW_ATTEMPTS }))
  t.test(`the guard lets nothing past it, by ${group}`, async (t) => {
    for (const [name, attempt] of Object.entries(attempts))
      t.throws(() => attempt(a).compile(), TenantGuardError, name);
    t.ok(Object.keys(attempts).length >= 40, `${Object.keys(attempts).length} attempts`);
  });

/** Puts the slot of the tenant wherever A stands, as the template of a statement has it. */
class WithSlots extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    return node.value === A ? { ...node, value: TENANT } : node;
  }

  protected override transformPrimitiveValueList(node: PrimitiveValueListNode): PrimitiveValueListNode {
    return { ...node, values: node.values.map((value) => (value === A ? TENANT : value)) };
  }
}

t.test('nothing gets past the guard of statements with slots either', async (t) => {
  const slots = new WithSlots();
  const template = builder
    .withPlugin({
      transformQuery: ({ node }) => slots.transformNode(node),
      transformResult: ({ result }) => Promise.resolve(result),
    })
    .withPlugin(tenantGuard(TENANT));
  t.ok(own(template).selectAll().compile().parameters.includes(TENANT), 'what is held passes');
  for (const [name, attempt] of Object.entries({ ...ATTEMPTS, ...RAW_ATTEMPTS }))
    t.throws(() => attempt(template).compile(), TenantGuardError, name);
});

t.test('a guard for nobody refuses every tenant table, whatever the condition', async (t) => {
  const { db } = connection as Any;
  for (const table of TENANT_TABLES)
    t.throws(
      () => db.selectFrom(`rollcall_data.${table} as x`).selectAll().where('x.tenant_id', '=', A).compile(),
      TenantGuardError,
      table,
    );
  t.throws(
    () =>
      db
        .insertInto(RES)
        .values({ ...insert, tenant_id: A })
        .compile(),
    TenantGuardError,
  );
  t.throws(
    () =>
      db
        .insertInto(RES)
        .values({ ...insert, tenant_id: null })
        .compile(),
    TenantGuardError,
  );
  t.throws(() => db.selectFrom(r).selectAll().where('r.tenant_id', '=', null).compile(), TenantGuardError);
  for (const table of CONTROL_TABLES)
    t.ok(db.selectFrom(`rollcall_data.${table}`).selectAll().compile(), table);
});

t.test('every table of the database is known to the guard', async (t) => {
  const { rows } = await connection.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c
      where c.relnamespace = 'rollcall_data'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition`,
  );
  t.same(rows.map(({ name }) => name).sort(), [...TENANT_TABLES, ...CONTROL_TABLES].sort());
});

t.test('a handle cannot get rid of its guard', async (t) => {
  const reads = (db: Kysely<Any>) => db.selectFrom(r).selectAll();
  t.throws(() => reads(a.withoutPlugins()).compile(), TenantGuardError, 'withoutPlugins');
  t.throws(
    () => own(a.withoutPlugins()).selectAll().compile(),
    TenantGuardError,
    'it ends as a handle for nobody',
  );
  t.ok(a.withoutPlugins().selectFrom('rollcall_data.tenants').selectAll().compile());
  await t.rejects(
    a.transaction().execute((trx) => reads(trx.withoutPlugins()).execute()),
    TenantGuardError,
  );
  await t.rejects(
    a.connection().execute((one) => reads(one.withoutPlugins()).execute()),
    TenantGuardError,
  );

  const loosening = a.withPlugin({
    transformQuery: ({ node }) => ({ ...node, where: undefined }) as Any,
    transformResult: async ({ result }) => result,
  });
  t.throws(
    () => own(loosening).selectAll().compile(),
    TenantGuardError,
    'a plugin that comes after the guard',
  );

  const { CompiledQuery } = await import('kysely');
  const compiled = CompiledQuery.raw('select * from rollcall_data.resources');
  await t.rejects(a.executeQuery(compiled), TenantGuardError, 'a query that was compiled elsewhere');
  const forged = {
    ...own(a).selectAll().compile(),
    sql: 'select * from rollcall_data.resources',
    parameters: [],
  };
  await t.rejects(a.executeQuery(forged), TenantGuardError, 'a compiled query with other text');
  t.equal(connection.pool.idleCount, connection.pool.totalCount, 'no connection is kept');
});

t.test('B15.03 the guard holds in transactions and on one connection', async (t) => {
  const reads = (db: Kysely<Any>) => db.selectFrom(r).selectAll().execute();
  await t.rejects(a.transaction().execute(reads), TenantGuardError);
  await t.rejects(a.connection().execute(reads), TenantGuardError);
  const trx = await a.startTransaction().execute();
  await t.rejects(reads(trx), TenantGuardError);
  const saved = await trx.savepoint('here').execute();
  await t.rejects(reads(saved as Any), TenantGuardError);
  await saved.rollbackToSavepoint('here').execute();
  await trx.rollback().execute();
});

t.test('only a UUID in lower case is a tenant', async (t) => {
  for (const id of ['', 'default', A.toUpperCase(), `${A} `, undefined as Any])
    t.throws(() => connection.forTenant(id), TenantGuardError, String(id));
  t.equal(connection.forTenant(A), connection.forTenant(A));
});

/** Legitimate shapes; each runs and finds rows of A alone. */
// biome-ignore format: one line each
const SHAPES: Readonly< Record<string, (db: Kysely<Database>, id: string) => { execute(): Promise<unknown> }> > = {
  'one table': (db, id) => db.selectFrom(r).selectAll().where('r.tenant_id', '=', id),
  'without alias': (db, id) => db.selectFrom(RES).selectAll().where('tenant_id', '=', id),
  'a function of ours that is listed': (db, id) => db.selectFrom(r).select(['r.tenant_id', (eb) => eb.fn<string>('rollcall_data.email_of', ['r.attributes']).as('e')]).where('r.tenant_id', '=', id),
  'with the schema in the reference': (db, id) => db.selectFrom(RES).selectAll().where('rollcall_data.resources.tenant_id', '=', id),
  'cast values': (db, id) => db.selectFrom(r).selectAll().where((eb) => eb('r.tenant_id', '=', eb.cast<string>(eb.val(id), 'uuid'))),
  'raw cast values': (db, id) => db.selectFrom(r).selectAll().where('r.tenant_id', '=', sql<string>`${id}::uuid`),
  'in parentheses, among others': (db, id) => db.selectFrom(r).selectAll().where((eb) => eb.and([eb('r.active', '=', true), eb.parens(eb.and([eb('r.tenant_id', '=', id), eb.or([eb('r.key', '=', 'a'), eb('r.key', 'is not', null)])]))])),
  joins: (db, id) => db.selectFrom(r).innerJoin(m, (on) => on.onRef('m.group_id', '=', 'r.id').on('m.tenant_id', '=', id)).leftJoin('rollcall_data.accounts as ac', (on) => on.onRef('ac.resource_id', '=', 'r.id').on('ac.tenant_id', '=', id)).select(['r.tenant_id', 'ac.id', 'm.member_id']).where('r.tenant_id', '=', id),
  'a join held in the WHERE': (db, id) => db.selectFrom([r, m]).select('r.tenant_id').where('m.tenant_id', '=', id).where('r.tenant_id', '=', id).whereRef('m.group_id', '=', 'r.id'),
  'both predicates in one ON': (db, id) => db.selectFrom(r).innerJoin(m, (on) => on.on('r.tenant_id', '=', id).on('m.tenant_id', '=', id).onRef('m.group_id', '=', 'r.id')).select('r.tenant_id'),
  'a lateral subquery': (db, id) => db.selectFrom(r).leftJoinLateral((eb) => eb.selectFrom(m).select('m.member_id').where('m.tenant_id', '=', id).whereRef('m.group_id', '=', 'r.id').as('x'), (on) => on.onTrue()).select(['r.tenant_id', 'x.member_id']).where('r.tenant_id', '=', id),
  'subqueries everywhere': (db, id) => db.selectFrom((eb) => eb.selectFrom(r).selectAll().where('r.tenant_id', '=', id).as('x')).select(['x.tenant_id', (eb) => eb.selectFrom(m).where('m.tenant_id', '=', id).select((s) => s.fn.countAll().as('n')).as('n')]).where((eb) => eb.or([eb.exists(eb.selectFrom(m).select('m.member_id').where('m.tenant_id', '=', id)), eb('x.id', 'in', eb.selectFrom(m).select('m.member_id').where('m.tenant_id', '=', id))])),
  'CTEs and their use': (db, id) => db.with('groups', (q) => q.selectFrom(m).selectAll().where('m.tenant_id', '=', id)).with('users', (q) => q.selectFrom(r).innerJoin('groups as g', 'g.member_id', 'r.id').selectAll('r').where('r.tenant_id', '=', id)).selectFrom('users').innerJoin('groups', 'groups.member_id', 'users.id').select('users.tenant_id'),
  'a recursive CTE': (db, id) => db.withRecursive('tree(tenant_id, id)', (q) => q.selectFrom(m).select(['m.tenant_id', 'm.member_id as id']).where('m.tenant_id', '=', id).union((eb) => eb.selectFrom('tree').innerJoin(m, (on) => on.onRef('m.group_id', '=', 'tree.id').on('m.tenant_id', '=', id)).select(['m.tenant_id', 'm.member_id as id']))).selectFrom('tree').selectAll(),
  'a CTE of a table’s name': (db, id) => db.with('members', (q) => q.selectFrom(m).select('m.tenant_id').where('m.tenant_id', '=', id)).selectFrom('members').selectAll(),
  unions: (db, id) => db.selectFrom(r).select('r.tenant_id').where('r.tenant_id', '=', id).union((eb) => eb.selectFrom(m).select('m.tenant_id').where('m.tenant_id', '=', id)),
  'windows, aggregates, cases, json': (db, id) => db.selectFrom(r).select(['r.tenant_id', (eb) => eb.fn.count('r.id').filterWhere('r.active', '=', true).over((o) => o.partitionBy('r.type').orderBy('r.seq', 'desc')).as('n'), (eb) => eb.case().when('r.active', '=', true).then('yes').else('no').end().as('c'), (eb) => eb.ref('r.attributes', '->>').key('userName' as never).as('j'), (eb) => jsonArrayFrom(eb.selectFrom(m).select('m.member_id').where('m.tenant_id', '=', id).whereRef('m.group_id', '=', 'r.id')).as('list'), (eb) => jsonObjectFrom(eb.selectFrom('rollcall_data.accounts as ac').select('ac.id').where('ac.tenant_id', '=', id).limit(1)).as('account')]).distinctOn('r.id').where('r.tenant_id', '=', id).where((eb) => eb.between('r.version', 1, 5)).where('r.deleted_at', 'is', null).orderBy('r.id').orderBy('r.seq', (o) => o.desc().nullsLast()).limit(10).offset(0),
  'raw fragments': (db, id) => db.selectFrom([r, sql<{ value: string; }>`jsonb_array_elements(${sql.ref('r.folded')} -> 'members') with ordinality`.as<'e'>(sql`e(value, position)`)]).select(['r.tenant_id', sql<string>`${sql.ref('r.attributes')} #>> '{a,b}'`.as('x')]).where('r.tenant_id', '=', id).where(sql<boolean>`(true or 'it''s /* not a comment */ --' = ${'x'}) and r.version between 1 and 9 and r.key is distinct from 'or'`).where(sql<boolean>`case when r.active or true then true else false end`).orderBy(sql`r.seq desc nulls last`),
  locks: (db, id) => db.selectFrom(r).select(['r.tenant_id']).where('r.tenant_id', '=', id).forUpdate('r').skipLocked(),
  'an update': (db, id) => db.updateTable(r).set((eb) => ({ version: eb('r.version', '+', 1) })).where('r.tenant_id', '=', id).returning('r.tenant_id'),
  'an update from': (db, id) => db.updateTable(r).from(m).set({ active: true }).where('r.tenant_id', '=', id).where('m.tenant_id', '=', id).whereRef('m.group_id', '=', 'r.id').returning('r.tenant_id'),
  'an insert': (db, id) => db.insertInto(RES).values({ ...row(id), key: 'new' }).onConflict((oc) => oc.columns(['tenant_id', 'id']).doUpdateSet((eb) => ({ key: eb.ref('excluded.key') }))).returning('tenant_id'),
  'an insert of rows with expressions': (db, id) => db.insertInto('rollcall_data.accounts').values([{ tenant_id: id, id: sql<string>`gen_random_uuid()`, active: true, created_at: now, modified_at: now, resource_id: null, reason: null, user_name: null, email: null }]).returning('tenant_id'),
  'an insert of what is selected': (db, id) => db.insertInto('rollcall_data.accounts').columns(['tenant_id', 'id', 'active', 'created_at', 'modified_at']).expression((eb) => eb.selectFrom(r).select([eb.val(id).as('t'), sql<string>`gen_random_uuid()`.as('id'), 'r.active', 'r.created_at', 'r.modified_at']).where('r.tenant_id', '=', id)).onConflict((oc) => oc.doNothing()).returning('tenant_id'),
  'everything in one statement': (db, id) => db.with('gone', (q) => q.deleteFrom(m).using(r).where('m.tenant_id', '=', id).where('r.tenant_id', '=', id).whereRef('r.id', '=', 'm.member_id').returning('m.tenant_id')).with('made', (q) => q.insertInto('rollcall_data.organizations').values({ tenant_id: id, id: sql<string>`gen_random_uuid()`, name: 'x', key: 'x', archived_at: null, created_at: now, modified_at: now }).returning('tenant_id')).selectFrom('made').selectAll().unionAll((eb) => eb.selectFrom('gone').selectAll()),
};

function row(tenant_id: string) {
  // The slot of a tenant is none yet.
  const id = typeof tenant_id === 'string' ? tenant_id.replace(/^.{8}/, '0190cccc') : B;
  const document = '{"members":[{"value":"x"}]}';
  return {
    tenant_id,
    id,
    type: 'Group',
    account_id: null,
    key: 'a',
    external_id: null,
    attributes: document,
    folded: document,
    created_at: now,
    modified_at: now,
    deleted_at: null,
  };
}

/** Both tenants with one group, which is its own member. */
async function fill(): Promise<void> {
  for (const table of ['members', 'resources', 'accounts', 'organizations'])
    await connection.pool.query(`delete from rollcall_data.${table}`);
  for (const id of [A, B]) {
    const db = connection.forTenant(id);
    await db
      .insertInto('rollcall_data.tenants')
      .values({ id, slug: id.slice(4, 8), name: id, created_at: now })
      .onConflict((oc) => oc.doNothing())
      .execute();
    await db.insertInto(RES).values(row(id)).execute();
    await db
      .insertInto('rollcall_data.members')
      .values({ tenant_id: id, group_id: row(id).id, member_id: row(id).id, created_at: now })
      .execute();
  }
}

t.test('B15.03 legitimate queries pass and find the rows of their tenant alone', async (t) => {
  await fill();
  for (const [name, shape] of Object.entries(SHAPES)) {
    const rows = (await shape(connection.forTenant(A), A).execute()) as { tenant_id: string }[];
    t.ok(rows.length > 0 && rows.every(({ tenant_id }) => tenant_id === A), name);
    t.throws(
      () => (shape(connection.forTenant(A), B) as Any).compile(),
      TenantGuardError,
      `${name}, for B through A's handle`,
    );
  }
});

t.test(
  'B15.03 the same as statements with slots find the rows of the tenant they are sent for alone',
  async (t) => {
    await fill();
    for (const [name, shape] of Object.entries(SHAPES)) {
      const sent = statement<object, { tenant_id: string }>(({ db, tenantId }) => shape(db, tenantId) as Any);
      const rows = await run(connection.scopeOf(A), sent, {});
      t.ok(rows.length > 0 && rows.every(({ tenant_id }) => tenant_id === A), name);
      const others = await run(connection.scopeOf(B), sent, {});
      t.ok(
        others.every(({ tenant_id }) => tenant_id === B),
        `${name}, for B`,
      );
      const given = statement<{ tenant: string }, object>(({ db, slot }) => shape(db, slot('tenant')) as Any);
      t.throws(() => given.text, TenantGuardError, `${name}, for whoever the caller says`);
      const fixed = statement<object, object>(({ db }) => shape(db, A) as Any);
      t.throws(() => fixed.text, TenantGuardError, `${name}, for a tenant that is always the same`);
    }
  },
);
