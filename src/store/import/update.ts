/** Imported people who are in the directory already, and of whom the file says something else now. */
import { sql } from 'kysely';
import type { Living } from '../../provisioning/importing.ts';
import { isActive } from '../../scim/resource/active.ts';
import { changedPaths } from '../../scim/resource/changedPaths.ts';
import type { Document } from '../../scim/resource/document.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { Retryable } from '../errors.ts';
import type { Scope } from '../readResources.ts';
import { documentColumns } from '../row.ts';
import { appendChanges, type ImportCause, type ImportChange } from './feed.ts';
import type { ImportSettings } from './find.ts';
import { joinDefault, leaveAll } from './memberships.ts';
import { recordset } from './recordset.ts';
import { accountChanges, type Rewrite, rewriteAccounts, stateOf } from './rewrite.ts';

/** Somebody to be changed. */
export interface ChangedPerson {
  readonly living: Living;
  readonly document: Document;
  readonly applicationId: string | undefined;
}

interface Row {
  id: string;
  external_id: string | null;
  active: boolean;
  attributes: string;
  folded: string;
  version: number;
}

/**
 * Writes resources, accounts, memberships and changes, each in one statement. A resource whose document stays the same
 * keeps its version: an applicationId is no part of it.
 * @throws Retryable when one of them has changed since it was read
 */
export async function updatePeople(
  scope: Scope,
  type: ResourceType,
  people: readonly ChangedPerson[],
  settings: ImportSettings,
  cause: ImportCause,
): Promise<void> {
  if (people.length === 0) return;
  await lock(scope, people);
  const versions = new Map(
    people.map(({ living, document }) => {
      const changes = changedPaths(living.document, document).length > 0;
      return [living.id, changes ? living.version + 1 : living.version];
    }),
  );
  const versionOf = ({ id, version }: Living): number => versions.get(id) ?? version;
  await updateResources(
    scope,
    type,
    people.filter(({ living }) => versionOf(living) !== living.version),
    versionOf,
    cause,
  );
  const rewrites = people.flatMap(({ living, ...person }): Rewrite[] => {
    const { account, id: resourceId, document: before } = living;
    const admitted = account?.reason !== 'excluded';
    return account ? [{ resourceId, version: versionOf(living), before, account, admitted, ...person }] : [];
  });
  await rewriteAccounts(scope, type, rewrites, cause);

  const idsThat = (turn: (was: boolean, is: boolean) => boolean): string[] =>
    rewrites
      .filter((person) => turn(person.account.active, stateOf(type, person).active))
      .map(({ account }) => account.id);
  const memberships = [
    ...(await leaveAll(
      scope,
      idsThat((was, is) => was && !is),
    )),
    ...(await joinDefault(
      scope,
      settings,
      idsThat((was, is) => !was && is),
    )),
  ];
  const without = people.flatMap(({ living, document }): ImportChange[] => {
    if (living.account) return [];
    const paths = changedPaths(living.document, document);
    return [{ kind: 'resource.updated', resource_id: living.id, version: versionOf(living), paths }];
  });
  const told = [...rewrites.flatMap((person) => accountChanges(type, person)), ...without, ...memberships];
  await appendChanges(
    scope,
    told.map((change) => JSON.stringify(change)),
    cause,
  );
}

/** In one order for everybody, so that two imports do not wait for each other. */
async function lock({ db, tenantId }: Scope, people: readonly ChangedPerson[]): Promise<void> {
  const rows = await db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', '=', sql<string>`any(${people.map(({ living }) => living.id)}::uuid[])`)
    .where('r.deleted_at', 'is', null)
    .where('r.imported', '=', true)
    .orderBy('r.id')
    .forNoKeyUpdate()
    .select(['r.id', 'r.version'])
    .execute();
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  if (people.some(({ living }) => versions.get(living.id) !== living.version))
    throw new Retryable(new Error('an imported resource was changed while it was being imported again'));
}

async function updateResources(
  { db, tenantId }: Scope,
  type: ResourceType,
  people: readonly ChangedPerson[],
  versionOf: (living: Living) => number,
  { at }: ImportCause,
): Promise<void> {
  if (people.length === 0) return;
  const rows = people.map(({ living, document }) => {
    const { external_id, attributes, folded } = documentColumns(type, document);
    const active = isActive(type, document);
    const plain = JSON.stringify({ id: living.id, external_id, active, version: versionOf(living) });
    return `${plain.slice(0, -1)},"attributes":${attributes},"folded":${folded}}`;
  });
  const columns =
    'id uuid, external_id text, active boolean, version integer, attributes jsonb, folded jsonb';
  await db
    .updateTable('rollcall_data.resources as r')
    .from(recordset<Row>(rows, columns))
    .set((eb) => ({
      external_id: eb.ref('x.external_id'),
      active: eb.ref('x.active'),
      attributes: eb.ref('x.attributes'),
      folded: eb.ref('x.folded'),
      version: eb.ref('x.version'),
      modified_at: at,
    }))
    .where('r.tenant_id', '=', tenantId)
    .where(sql<boolean>`${sql.ref('r.id')} = ${sql.ref('x.id')}`)
    .execute();
}
