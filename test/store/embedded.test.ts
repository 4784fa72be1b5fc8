import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import t from 'tap';
import { openEmbedded } from '../../src/store/embedded.ts';
import { isAway, translate, UniqueViolation } from '../../src/store/errors.ts';
import { createExchangeLog } from '../../src/store/exchanges.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { tenantStore } from '../../src/store/tenants.ts';
import { tokenStore } from '../../src/store/tokens.ts';
import { projectRoot } from '../support/project.ts';

const migrations = join(projectRoot, 'migrations');
const now = new Date('2026-11-22T10:00:00Z');
const id = '0190a000-0000-7000-8000-00000000000a';

t.test('the embedded database does what PostgreSQL does, and is there again after a restart', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-embedded-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const open = () => openEmbedded({ dataDir, prepare: true, onIdleError: (error) => t.error(error) });

  const first = await open();
  t.ok(first.embedded);
  const { applied } = await migrate(first.pool, migrations);
  t.equal(applied[0], '0001_tenants.sql');
  t.same(await pendingMigrations(first.pool, migrations), []);
  await t.rejects(open(), { name: 'DataLockedError' });

  const tokens = tokenStore(first);
  const tenants = tenantStore(first, tokens);
  await tenants.create({ id, organizationId: id, slug: 'x', name: 'X', now });
  await t.rejects(
    tenants.create({ id: id.replace('a', 'b'), organizationId: id, slug: 'x', name: 'X', now }),
    {
      message: /tenant "x"/,
    },
  );
  const { token } = await tokens.create({ tenantId: id, id, name: 'okta', expiresAt: null, now });
  t.match(await tokens.authenticate(token, now), { tenant: { slug: 'x' } });

  const finding = statement<{ slug: string }, { id: string }>(({ db, slot }) =>
    db.selectFrom('rollcall_data.tenants').select('id').where('slug', '=', slot('slug')),
  );
  const bySlug = (slug: string) => run(first.scopeOf(id), finding, { slug });
  for (const slug of ['x', 'y', 'x', 'y'])
    t.equal((await bySlug(slug)).length, slug === 'x' ? 1 : 0, 'named statements');
  const { rows } = await sql<{
    n: number;
  }>`select count(*)::int as n from pg_prepared_statements where name like 'rc_%'`.execute(first.db);
  t.ok((rows[0]?.n ?? 0) > 0);

  const handle = first.forTenant(id);
  await t.rejects(
    handle.transaction().execute(async (trx) => {
      await trx.updateTable('rollcall_data.tenants').set({ name: 'Y' }).where('id', '=', id).execute();
      throw new Error('undo');
    }),
    { message: 'undo' },
  );
  t.equal((await tenants.findBySlug('x'))?.name, 'X');
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, n) => handle.transaction().execute(() => Promise.resolve(n))),
  );
  t.equal(many.length, 20, 'transactions take their turns');
  const again = first.db
    .insertInto('rollcall_data.tenants')
    .values({ id, slug: 'z', name: 'Z', created_at: now })
    .execute();
  t.match(translate(await again.catch((error: unknown) => error)), UniqueViolation);

  const log = createExchangeLog({
    connection: first,
    flushEveryMs: 60_000,
    maxBatch: 500,
    maxBuffered: 10,
    retentionDays: 30,
    now: () => now,
    onDropped: (_count, error) => t.error(error),
  });
  log.record({
    tenantId: id,
    tokenId: id,
    at: now,
    requestId: '1',
    client: undefined,
    method: 'GET',
    path: '/scim/v2/Users',
    operation: 'list',
    status: 200,
    durationMs: 1.5,
    scimType: undefined,
    detail: undefined,
    tolerances: ['a', 'b'],
    request: undefined,
  });
  await log.close();

  await first.close();
  await first.close();
  t.same(await readdir(dataDir), ['pgdata'], 'the lock is given back');
  t.ok(isAway(await bySlug('x').catch((error: unknown) => error)), 'a closed database is away');

  const second = await open();
  t.same((await migrate(second.pool, migrations)).applied, []);
  t.match(await tokenStore(second).authenticate(token, now), { tenant: { id } });
  const kept = await second
    .forTenant(id)
    .selectFrom('rollcall_data.exchanges')
    .selectAll()
    .where('tenant_id', '=', id)
    .execute();
  t.match(kept, [{ request_id: '1', tolerances: ['a', 'b'], request: null, duration_ms: 1.5 }]);
  await second.close();
});
