/** A tenant's directory on a database of its own, with the operations of the server and without its wire. */
import { v7 } from 'uuid';
import { readDefinitions } from '../../src/definitions.ts';
import { packagePath } from '../../src/main/packagePath.ts';
import type { Context } from '../../src/operations/context.ts';
import { create } from '../../src/operations/create.ts';
import { list } from '../../src/operations/list.ts';
import { patch } from '../../src/operations/patch.ts';
import { read } from '../../src/operations/read.ts';
import { remove } from '../../src/operations/remove.ts';
import { replace } from '../../src/operations/replace.ts';
import { createSealer } from '../../src/http/sealer.ts';
import type { Position } from '../../src/scim/list/listResponse.ts';
import { DEFAULT_PROVISIONING } from '../../src/provisioning/settings.ts';
import { readQuery } from '../../src/scim/list/query.ts';
import { createIntake } from '../../src/scim/resource/intake.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import { DEFAULT_SELECTION } from '../../src/scim/resource/selection.ts';
import { buildRegistry } from '../../src/scim/schema/registry.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { connect } from '../../src/store/connect.ts';
import type { Connection } from '../../src/store/connection.ts';
import { directoryOver } from '../../src/store/directory.ts';
import { createWalks } from '../../src/store/walks.ts';
import { cloneDatabase } from './database.ts';

export const registry = buildRegistry(readDefinitions(packagePath('schemas')));
export const User = registry.byName.get('User') as ResourceType;
export const Group = registry.byName.get('Group') as ResourceType;

type Mode = 'tolerant' | 'strict';

const sealer = createSealer(Buffer.alloc(32, 7));

export interface Directory {
  readonly tenantId: string;
  readonly connection: Connection;
  create(type: ResourceType, body: unknown, mode?: Mode): Promise<Resource>;
  read(type: ResourceType, id: string): Promise<Resource>;
  list(
    type: ResourceType,
    parameters: Record<string, string>,
    mode?: Mode,
  ): Promise<{ total: number; resources: readonly Resource[]; position: Position }>;
  patch(type: ResourceType, id: string, operations: readonly unknown[], mode?: Mode): Promise<number>;
  replace(type: ResourceType, id: string, body: unknown, mode?: Mode): Promise<Resource>;
  remove(type: ResourceType, id: string): Promise<void>;
}

type Teardown = { teardown(clean: () => Promise<void>): void };

/** Opens a new tenant on a database that the test has for itself. */
export async function openDirectory(test: Teardown): Promise<Directory> {
  const url = await cloneDatabase(test);
  const connection = connect({
    databaseUrl: url,
    poolSize: 10,
    prepare: true,
    statementTimeoutMs: 60_000,
    applicationName: 'test',
    onIdleError: () => undefined,
  });
  test.teardown(() => connection.close());
  return addTenant(connection, 'one');
}

/** Another tenant on the same database. */
export async function addTenant(connection: Connection, slug: string): Promise<Directory> {
  const tenantId = v7();
  await connection.pool.query(
    'insert into rollcall_data.tenants (id, slug, name, created_at) values ($1, $2, $2, now())',
    [tenantId, slug],
  );
  await connection.pool.query(
    `insert into rollcall_data.organizations (tenant_id, id, name, key, is_default, created_at, modified_at)
      values ($1, $2, $3, $3, true, now(), now())`,
    [tenantId, v7(), slug],
  );
  const directory = directoryOver(connection, tenantId, registry.byName, createWalks());
  const tokenId = v7();
  const contextOf = (mode: Mode = 'tolerant'): Context => ({
    directory,
    tenantId,
    types: registry.byName,
    provisioning: DEFAULT_PROVISIONING,
    paused: false,
    actor: 'token',
    sealer,
    allowDuplicateGroupNames: false,
    intake: createIntake(createLeniency(mode)),
    tokenId,
    requestId: v7(),
    now: () => new Date(),
    newId: () => v7(),
  });
  const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
  return {
    tenantId,
    connection,
    create: (type, body, mode) => create(contextOf(mode), type, body, DEFAULT_SELECTION),
    read: (type, id) => read(contextOf(), type, id, DEFAULT_SELECTION),
    list: async (type, parameters, mode) => {
      const listing = { endpoint: type.endpoint, types: [type] };
      const { total, items, position } = await list(contextOf(mode), listing, readQuery(parameters));
      return { total, resources: items.map(({ resource }) => resource), position };
    },
    patch: async (type, id, operations, mode) => {
      const body = { schemas: [patchOp], Operations: operations };
      return (await patch(contextOf(mode), type, id, body, undefined, DEFAULT_SELECTION)).version;
    },
    replace: (type, id, body, mode) => replace(contextOf(mode), type, id, body, undefined, DEFAULT_SELECTION),
    remove: (type, id) => remove(contextOf(), type, id, undefined),
  };
}
