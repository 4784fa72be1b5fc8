import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import type { Connection } from '../../src/store/connection.ts';
import { listenForChanges, type Listener } from '../../src/store/listen.ts';
import { tenantDefinitionStore } from '../../src/store/tenantDefinitions.ts';
import { tenantStore } from '../../src/store/tenants.ts';
import { tokenStore } from '../../src/store/tokens.ts';
import { openConnection } from '../support/connection.ts';
import { cloneDatabase } from '../support/database.ts';

const now = new Date('2026-11-22T10:00:00Z');

interface Hearing {
  readonly connection: Connection;
  readonly listener: Listener;
  /** What was heard so far; undefined for anything. */
  readonly heard: (string | undefined)[];
  readonly states: string[];
}

async function hearing(t: Test): Promise<Hearing> {
  const databaseUrl = await cloneDatabase(t);
  const connection = openConnection(t, { databaseUrl });
  const heard: (string | undefined)[] = [];
  const states: string[] = [];
  const listener = listenForChanges({
    databaseUrl,
    applicationName: 'listens',
    changed: (tenantId) => heard.push(tenantId),
    told: (state) => states.push(state),
  });
  t.teardown(() => listener.close());
  await until(() => heard.length === 1);
  t.same(heard.splice(0), [undefined], 'before it listened, anything may have changed');
  return { connection, listener, heard, states };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

t.test('every change of a tenant and of its tokens is heard of, once it is made', async (t) => {
  const { connection, heard } = await hearing(t);
  const tokens = tokenStore(connection);
  const tenants = tenantStore(connection, tokens);
  const id = v7();
  await tenants.create({ id, organizationId: v7(), slug: 'acme', name: 'Acme', now });
  const token = await tokens.create({ tenantId: id, id: v7(), name: 'okta', expiresAt: null, now });
  const changes: (() => Promise<unknown>)[] = [
    () => tokens.revoke(id, token.id, now),
    () => tenants.update(id, { active: false }),
    () => tenants.update(id, { provisioning: () => ({ stored: { defaultRole: 'guest' } }) }),
    () =>
      tenantDefinitionStore(connection, () => undefined).change(id, now, async (own) => ({
        ...own,
        switchedOn: ['Device'],
      })),
  ];
  for (const change of changes) {
    await change();
    await until(() => heard.length === 1);
    t.same(heard.splice(0), [id]);
  }
});

t.test('a token that another server has revoked is refused as soon as that is heard', async (t) => {
  const { connection, heard } = await hearing(t);
  const [here, there] = [tokenStore(connection), tokenStore(connection)];
  const id = v7();
  await tenantStore(connection, here).create({ id, organizationId: v7(), slug: 'acme', name: 'Acme', now });
  const { token, id: tokenId } = await here.create({
    tenantId: id,
    id: v7(),
    name: 'x',
    expiresAt: null,
    now,
  });
  t.ok(await here.authenticate(token, now));
  await there.revoke(id, tokenId, now);
  await until(() => heard.length === 1);
  here.forget(heard[0] ?? '');
  t.equal(await here.authenticate(token, now), undefined);
});

t.test(
  'a connection that is lost is told once, and anything may have changed until it is back',
  async (t) => {
    const { connection, listener, heard, states } = await hearing(t);
    await connection.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'listens'`,
    );
    await until(() => states.length === 2);
    t.same(states, ['lost', 'back']);
    t.same(heard, [undefined]);
    await listener.close();
    await sleep(20);
    t.same(states, ['lost', 'back'], 'closing is no loss');
  },
);

t.test('while there is no database, it is tried again until it is closed', async (t) => {
  const states: string[] = [];
  const listener = listenForChanges({
    databaseUrl: 'postgres://127.0.0.1:1/nothing',
    applicationName: 'listens',
    changed: () => t.fail('nothing can be heard'),
    told: (state) => states.push(state),
  });
  await until(() => states.length === 1);
  await sleep(300);
  await listener.close();
  t.same(states, ['lost'], 'which is told once');
});
