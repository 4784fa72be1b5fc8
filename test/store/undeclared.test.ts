import t from 'tap';
import { v7 } from 'uuid';
import { createUndeclaredLog } from '../../src/store/undeclared.ts';
import { openConnection } from '../support/app.ts';
import { addTenant } from '../support/directory.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const entry = (name: string, type = 'string') => ({ resourceType: 'User', name, type });

t.test('D4-15 requests are counted by name, type and client, in one row each', async (t) => {
  const connection = await openConnection(t);
  const { tenantId } = await addTenant(connection, 'acme');
  const log = createUndeclaredLog({ connection, flushEveryMs: 3_600_000, mostRows: 10 });
  t.teardown(() => log.close());
  const client = 'idp';
  log.record({ tenantId, at: at(1), client, undeclared: [entry('hat'), entry('shoe')] });
  log.record({ tenantId, at: at(2), client, undeclared: [entry('hat')] });
  await log.flush();
  log.record({ tenantId, at: at(3), client, undeclared: [entry('hat'), entry('hat', 'number')] });
  log.record({ tenantId, at: at(3), client: undefined, undeclared: [entry('a\0b\ud800')] });
  t.strictSame(await log.list(tenantId), [
    {
      resourceType: 'User',
      name: 'hat',
      type: 'string',
      client,
      count: 3,
      firstSeen: at(1),
      lastSeen: at(3),
    },
    {
      resourceType: 'User',
      name: 'shoe',
      type: 'string',
      client,
      count: 1,
      firstSeen: at(1),
      lastSeen: at(1),
    },
    {
      resourceType: 'User',
      name: 'a\ufffdb\ufffd',
      type: 'string',
      client: undefined,
      count: 1,
      firstSeen: at(3),
      lastSeen: at(3),
    },
    {
      resourceType: 'User',
      name: 'hat',
      type: 'number',
      client,
      count: 1,
      firstSeen: at(3),
      lastSeen: at(3),
    },
  ]);
});

t.test('D4-15 of a tenant only so many are kept: those seen last', async (t) => {
  const connection = await openConnection(t);
  const one = await addTenant(connection, 'one');
  const two = await addTenant(connection, 'two');
  const log = createUndeclaredLog({ connection, flushEveryMs: 3_600_000, mostRows: 3 });
  log.record({ tenantId: two.tenantId, at: at(0), client: 'idp', undeclared: [entry('other')] });
  for (let second = 0; second < 5; second += 1)
    log.record({ tenantId: one.tenantId, at: at(second), client: 'idp', undeclared: [entry(`a${second}`)] });
  const names = async (tenantId: string) => (await log.list(tenantId)).map(({ name }) => name).toSorted();
  t.same(await names(one.tenantId), ['a2', 'a3', 'a4']);
  log.record({ tenantId: one.tenantId, at: at(9), client: 'idp', undeclared: [entry('a2')] });
  log.record({ tenantId: one.tenantId, at: at(9), client: 'idp', undeclared: [entry('b')] });
  await log.close();
  log.record({ tenantId: one.tenantId, at: at(9), client: 'idp', undeclared: [entry('late')] });
  t.same(await names(one.tenantId), ['a2', 'a4', 'b']);
  t.same(await names(two.tenantId), ['other']);
});

t.test('D4-15 what cannot be written now waits, and what never can is let go', async (t) => {
  const connection = await openConnection(t);
  const { tenantId } = await addTenant(connection, 'acme');
  const log = createUndeclaredLog({ connection, flushEveryMs: 3_600_000, mostRows: 3 });
  t.teardown(() => log.close());
  await connection.pool.query('alter table rollcall_data.undeclared rename to hidden');
  log.record({ tenantId, at: at(1), client: 'idp', undeclared: [entry('hat')] });
  log.record({ tenantId: v7(), at: at(1), client: 'idp', undeclared: [entry('of no tenant')] });
  await log.flush();
  log.record({ tenantId, at: at(2), client: 'idp', undeclared: [entry('hat')] });
  await connection.pool.query('alter table rollcall_data.hidden rename to undeclared');
  t.match(await log.list(tenantId), [{ name: 'hat', count: 2 }]);
});
