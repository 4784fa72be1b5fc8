import { sql } from 'kysely';
import t from 'tap';
import { TenantGuardError } from '../../src/store/guard/tenantGuardError.ts';
import { isFew, shaped, statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { openClone } from '../support/connection.ts';

const A = '0190a000-0000-7000-8000-00000000000a';
const B = '0190b000-0000-7000-8000-00000000000b';

interface Sought {
  readonly ids: readonly string[];
  readonly type: string;
}

let built = 0;
const finding = statement<Sought, { id: string }>(({ db, tenantId, slot }) => {
  built += 1;
  return db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.version', '=', 7)
    .where('r.type', '=', slot('type'))
    .where(sql<boolean>`${sql.ref('r.id')} = any(${slot('ids')}::uuid[])`)
    .where('r.deleted_at', 'is', null)
    .where('r.key', '<>', slot('type'))
    .select('r.id');
});

t.test('slots are filled with every call, and a value that is in none stays', (t) => {
  t.same(finding.valuesFor(A, { ids: [B], type: 'User' }), [A, 7, 'User', [B], 'User']);
  t.same(finding.valuesFor(B, { ids: [], type: 'Group' }), [B, 7, 'Group', [], 'Group']);
  t.equal(finding.queryFor(A, { ids: [], type: 'User' }).sql, finding.text);
  t.equal(built, 1, 'it is built once');
  t.end();
});

t.test('the tenant is whoever it is sent for, whatever the caller puts into slots', (t) => {
  const given = { ids: [], type: 'User', tenant: B, tenantId: B, tenant_id: B };
  t.same(finding.valuesFor(A, given)[0], A);
  t.notOk(finding.valuesFor(A, given).includes(B));
  t.end();
});

t.test('a value that nobody gives is none, and no other one in its place', (t) => {
  t.same(finding.valuesFor(A, { type: 'User' } as Sought), [A, 7, 'User', undefined, 'User']);
  t.end();
});

t.test(
  'B15.03 a template that does not hold to the tenant it is sent for is refused when it is first used',
  (t) => {
    const refused: Readonly<
      Record<string, ReturnType<typeof statement<{ tenant: string }, { id: string }>>>
    > = {
      'no tenant at all': statement(({ db }) => db.selectFrom('rollcall_data.resources as r').select('r.id')),
      'a tenant in a slot of the caller': statement(({ db, slot }) =>
        db
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', slot('tenant'))
          .select('r.id'),
      ),
      'a tenant that is always the same': statement(({ db }) =>
        db.selectFrom('rollcall_data.resources as r').where('r.tenant_id', '=', A).select('r.id'),
      ),
      'the tenant beside another column': statement(({ db, tenantId }) =>
        db.selectFrom('rollcall_data.resources as r').where('r.id', '=', tenantId).select('r.id'),
      ),
      'the tenant, or anybody': statement(({ db, tenantId }) =>
        db
          .selectFrom('rollcall_data.resources as r')
          .where((eb) => eb.or([eb('r.tenant_id', '=', tenantId), eb.lit(true)]))
          .select('r.id'),
      ),
      'a row for whoever the caller says': statement(({ db, slot }) =>
        db
          .insertInto('rollcall_data.members')
          .values({ tenant_id: slot('tenant'), group_id: A, member_id: A, created_at: new Date(0) })
          .returning('group_id as id'),
      ),
    };
    for (const [name, one] of Object.entries(refused)) {
      t.throws(() => one.text, TenantGuardError, name);
      t.throws(() => one.valuesFor(A, { tenant: A }), TenantGuardError, `${name}, its values`);
      t.throws(() => one.queryFor(A, { tenant: A }), TenantGuardError, `${name}, as a query`);
    }
    t.end();
  },
);

t.test('each shape is built once', (t) => {
  const shapes: string[] = [];
  const of = shaped(
    (by: 'key' | 'external_id') => by,
    (by) => {
      shapes.push(by);
      return statement<{ value: string }, { id: string }>(({ db, tenantId, slot }) =>
        db
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where(`r.${by}`, '=', slot('value'))
          .select('r.id'),
      );
    },
  );
  t.equal(of('key'), of('key'));
  t.not(of('key').text, of('external_id').text);
  t.same(shapes, ['key', 'external_id']);
  t.end();
});

t.test('a list of a hundred is one of few', (t) => {
  t.same([isFew({ ids: Array(100) }), isFew({ ids: Array(101) })], [true, false]);
  t.end();
});

t.test('B15.03 sent past the query builder or through it, it finds the rows of its own tenant', async (t) => {
  const connection = await openClone(t, { poolSize: 8 });
  for (const id of [A, B])
    await connection.pool.query(`
      insert into rollcall_data.tenants (id, slug, name, created_at) values ('${id}', '${id.slice(4, 8)}', 'x', now());
      insert into rollcall_data.resources (tenant_id, id, type, attributes, folded, created_at, modified_at)
        values ('${id}', '${id}', 'User', '{}', '{}', now(), now());`);
  const anybody = statement<object, { id: string }>(
    ({ db, tenantId }) =>
      db.selectFrom('rollcall_data.resources as r').where('r.tenant_id', '=', tenantId).select('r.id'),
    { keyed: true },
  );
  for (const id of [A, B, A]) {
    const scope = connection.scopeOf(id);
    t.same(await run(scope, anybody, {}), [{ id }], 'by the scope');
    t.same(await run({ db: scope.db, tenantId: id }, anybody, {}), [{ id }], 'by its query builder');
    t.same(await connection.transaction(id, (open) => run(open, anybody, {})), [{ id }], 'in a transaction');
    t.same(
      await connection.transaction(id, ({ db }) => run({ db, tenantId: id }, anybody, {})),
      [{ id }],
      'by the query builder of a transaction',
    );
  }
  // The query was filled for A. No handle makes it B's, nor lets it be altered.
  const filled = anybody.queryFor(A, {});
  t.same((await connection.forTenant(B).executeQuery(filled)).rows, [{ id: A }]);
  t.throws(() => Object.assign(filled, { parameters: [B] }), TypeError);
  t.throws(() => Object.assign(filled.parameters, [B]), TypeError);
  for (const forged of [
    { ...filled, sql: 'select id from rollcall_data.resources', parameters: [] },
    { ...filled, sql: filled.sql.replace(/ where .*$/, '') },
  ])
    await t.rejects(connection.forTenant(A).executeQuery(forged), TenantGuardError);
});
