import t, { type Test } from 'tap';
import { DEFAULT_PROVISIONING } from '../../src/provisioning/settings.ts';
import { tenantStore } from '../../src/store/tenants.ts';
import { openClone } from '../support/connection.ts';

const now = new Date('2026-11-22T10:00:00.123Z');
const ids = Array.from({ length: 4 }, (_, n) => `0190a000-0000-7000-8000-00000000000${n}`) as [
  string,
  string,
  string,
  string,
];

async function stores(t: Test) {
  const connection = await openClone(t);
  const forgotten: string[] = [];
  const tenants = tenantStore(connection, { forget: (id) => void forgotten.push(id) });
  return { connection, tenants, forgotten };
}

const acme = { id: ids[0], organizationId: ids[1], slug: 'acme', name: 'Acme Ltd', now };

t.test('a tenant is made with its default organization, which bears its name', async (t) => {
  const { connection, tenants } = await stores(t);
  const tenant = await tenants.create(acme);
  t.same(tenant, {
    id: ids[0],
    slug: 'acme',
    name: 'Acme Ltd',
    mode: 'tolerant',
    allowDuplicateGroupNames: false,
    discoveryView: 'full',
    storePasswords: false,
    active: true,
    provisioning: DEFAULT_PROVISIONING,
    paused: false,
    createdAt: now,
  });
  t.ok(Object.isFrozen(tenant));
  const organizations = await connection
    .forTenant(ids[0])
    .selectFrom('rollcall_data.organizations')
    .selectAll()
    .where('tenant_id', '=', ids[0])
    .execute();
  t.same(organizations, [
    {
      tenant_id: ids[0],
      id: ids[1],
      name: 'Acme Ltd',
      key: 'acme ltd',
      is_default: true,
      application_id: null,
      archived_at: null,
      created_at: now,
      modified_at: now,
    },
  ]);
});

t.test('a slug that is taken is 409 and names it, and leaves no organization behind', async (t) => {
  const { connection, tenants } = await stores(t);
  await tenants.create(acme);
  const again = tenants.create({ ...acme, id: ids[2], organizationId: ids[3] });
  const error = await again.catch((thrown: unknown) => thrown);
  t.match(error, {
    name: 'ScimError',
    status: 409,
    message: 'There is a tenant "acme" already. Choose another slug.',
  });
  const { rows } = await connection.pool.query('select count(*)::int as n from rollcall_data.organizations');
  t.same(rows, [{ n: 1 }]);
});

t.test('a tenant is found by its slug, and all are listed by slug', async (t) => {
  const { tenants } = await stores(t);
  await tenants.create({ ...acme, mode: 'strict', allowDuplicateGroupNames: true });
  await tenants.create({ id: ids[2], organizationId: ids[3], slug: 'abc', name: 'ABC', now });
  t.match(await tenants.findBySlug('acme'), { id: ids[0], mode: 'strict', allowDuplicateGroupNames: true });
  t.equal(await tenants.findBySlug('nobody'), undefined);
  t.same(
    (await tenants.list()).map(({ slug }) => slug),
    ['abc', 'acme'],
  );
});

t.test('an update changes what is given, and credentials are looked up anew', async (t) => {
  const { tenants, forgotten } = await stores(t);
  const before = await tenants.create(acme);
  t.same(await tenants.update(ids[0], { name: 'Acme', mode: 'strict' }), {
    ...before,
    name: 'Acme',
    mode: 'strict',
  });
  t.match(await tenants.update(ids[0], { active: false }), { name: 'Acme', active: false });
  t.match(await tenants.update(ids[0], {}), { name: 'Acme', active: false });
  t.equal(await tenants.update(ids[3], { name: 'x' }), undefined);
  t.same(forgotten.slice(0, 2), [ids[0], ids[0]]);
});
