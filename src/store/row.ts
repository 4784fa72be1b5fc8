/** Between resources and their rows. */
import type { Selectable } from 'kysely';
import { emailOf } from '../provisioning/emailOf.ts';
import { keyOf } from '../scim/filter/operand.ts';
import { isActive } from '../scim/resource/active.ts';
import { type Document, readAttribute } from '../scim/resource/document.ts';
import { foldDocument } from '../scim/resource/folded.ts';
import type { Member, Membership, Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { ResourcesTable } from './tables.ts';

/** The columns that follow from a document. */
export interface DocumentColumns {
  readonly key: string | null;
  readonly external_id: string | null;
  readonly active: boolean;
  readonly attributes: string;
  readonly folded: string;
}

/** `[id, type, display]`, as SQL aggregates them. */
export type MemberTuple = readonly [string, string, string | null];

/** `[id, type, display, direct]` */
export type GroupTuple = readonly [...MemberTuple, boolean];

type Row = Pick<
  Selectable<ResourcesTable>,
  'id' | 'attributes' | 'version' | 'created_at' | 'modified_at'
> & {
  readonly members?: readonly MemberTuple[] | null;
  readonly groups?: readonly GroupTuple[] | null;
};

export function documentColumns(type: ResourceType, document: Document): DocumentColumns {
  const { keyAttribute } = type;
  const key = keyAttribute && readAttribute(document, keyAttribute);
  const externalId = document['externalId'];
  return {
    key: keyAttribute && typeof key === 'string' ? keyOf(keyAttribute, key) : null,
    external_id: typeof externalId === 'string' ? externalId.normalize('NFC') : null,
    active: isActive(type, document),
    attributes: JSON.stringify(document),
    folded: JSON.stringify(foldDocument(type, document)),
  };
}

/** The columns of a person's account that follow from their document. */
export interface AccountColumns {
  readonly user_name: string | null;
  readonly email: string | null;
}

export function accountColumns(document: Document): AccountColumns {
  const userName = document['userName'];
  return { user_name: typeof userName === 'string' ? userName : null, email: emailOf(document) };
}

/**
 * A member whose type is gone is not shown: another server may have made it before it heard of the removal.
 * @param byName every resource type that the tenant has
 * @param most how many members were asked for, as relations.ts reads them
 */
export function toResource(
  row: Row,
  byName: ReadonlyMap<string, ResourceType>,
  most: number = Number.POSITIVE_INFINITY,
): Resource {
  const member = ([id, name, display]: MemberTuple): Member[] => {
    const type = byName.get(name);
    return type ? [{ id, type, display: display ?? undefined }] : [];
  };
  return {
    id: row.id,
    document: row.attributes,
    version: row.version,
    created: row.created_at,
    lastModified: row.modified_at,
    members: row.members && row.members.length > most ? 'many' : row.members?.flatMap(member),
    groups: row.groups?.flatMap(([id, name, display, direct]): Membership[] =>
      member([id, name, display]).map((group) => ({ ...group, direct })),
    ),
  };
}
