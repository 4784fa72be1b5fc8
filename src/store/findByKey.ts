/**
 * Look-ups: the queries by which identity providers find somebody before they do anything else. What is found by a key
 * is one row or a few, so the rows and their number are read in one go, by a statement that is always the same.
 */
import { sql } from 'kysely';
import type { BoundFilter } from '../scim/filter/bound.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { isShort, RESOURCE_COLUMNS, type Scope } from './readResources.ts';
import { keyOfRelations, related, type Relations } from './relations.ts';
import { toResource } from './row.ts';
import { shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import { valueSought } from './where/document.ts';
import { uuidOf } from './where/uuid.ts';

/** By what a resource is found. */
export interface Key {
  readonly by: 'id' | 'key' | 'external_id' | 'value';
  readonly value: string;
}

/** @returns undefined for a filter that is anything more, or that many resources can satisfy */
export function keyIn(filter: BoundFilter): Key | undefined {
  if (filter.kind === 'compare' && filter.operator === 'eq' && typeof filter.operand === 'string') {
    const { operand } = filter;
    const { storage } = filter.field;
    if (storage === 'key') return { by: 'key', value: operand };
    if (storage === 'externalId') return { by: 'external_id', value: operand };
    if (storage === 'id') {
      const id = uuidOf(operand);
      return id === undefined ? undefined : { by: 'id', value: id };
    }
  }
  const sought = valueSought(filter);
  return sought && { by: 'value', value: JSON.stringify(sought) };
}

interface Sought {
  readonly type: string;
  readonly value: string;
  readonly limit: number;
}

type Row = Parameters<typeof toResource>[0] & { readonly seq: string };

const byKey = shaped(
  ({ by, relations }: { readonly by: Key['by']; readonly relations: Relations }) =>
    `${by} ${keyOfRelations(relations)}`,
  ({ by, relations }) =>
    statement<Sought, Row>(
      ({ db, tenantId, slot }) => {
        const rows = db
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where('r.type', '=', slot('type'))
          .where('r.deleted_at', 'is', null);
        const found =
          by === 'value'
            ? rows.where(sql<boolean>`${sql.ref('r.folded')} @> ${slot('value')}::jsonb`)
            : rows.where(`r.${by}`, '=', slot('value'));
        return found
          .orderBy('r.seq')
          .limit(slot('limit'))
          .select([...RESOURCE_COLUMNS, 'r.seq'])
          .select(related(tenantId, relations));
      },
      {
        // Many groups can have a value in common.
        keyed: isShort(relations) && !(relations.members && by === 'value'),
        // A plan that is good for tenants of average size reads all resources of a large one.
        plannedFor: () => by !== 'value',
      },
    ),
);

/** All that has a key. */
export interface FoundByKey {
  readonly total: number;
  readonly items: readonly { readonly resource: Resource; readonly seq: string }[];
}

/**
 * @param limit how many are asked for, at least 1
 * @returns undefined when there are more: a page of them is to be found another way
 */
export async function findByKey(
  scope: Scope,
  type: ResourceType,
  { by, value }: Key,
  limit: number,
  relations: Relations,
): Promise<FoundByKey | undefined> {
  const rows = await run(scope, byKey({ by, relations }), { type: type.name, value, limit: limit + 1 });
  if (rows.length > limit) return undefined;
  return {
    total: rows.length,
    items: rows.map((row) => ({ resource: toResource(row, scope.byName, relations.most), seq: row.seq })),
  };
}
