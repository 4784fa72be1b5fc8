/** The directory of one tenant, as operations use it: every error in this program's words. */
import { uniqueness } from '../scim/errors.ts';
import { keyOf } from '../scim/filter/operand.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { type Document, readAttribute } from '../scim/resource/document.ts';
import type { Resource } from '../scim/resource/resource.ts';
import { referencesTo } from '../scim/schema/references.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { AccountState } from '../provisioning/effect.ts';
import { clearReferences } from './clearReferences.ts';
import { retrying, translate, UniqueViolation } from './errors.ts';
import { editMembers } from './members.ts';
import { setPassword } from './passwords.ts';
import { type Found, listResources, type Page, type Part } from './listResources.ts';
import { findResource, type Scope } from './readResources.ts';
import type { Include } from './relations.ts';
import type { Walks } from './walks.ts';
import {
  type Cause,
  deleteResource,
  insertResource,
  type Locked,
  lockResource,
  type NewResource,
  updateResource,
} from './writeResources.ts';

/** What can be done inside a transaction. */
export interface Transaction {
  create(type: ResourceType, resource: NewResource, cause: Cause): Promise<void>;
  lock(type: ResourceType, id: string): Promise<Locked | undefined>;
  update(
    type: ResourceType,
    locked: Locked,
    document: Document,
    account: AccountState,
    cause: Cause,
  ): Promise<void>;
  remove(type: ResourceType, locked: Locked, account: AccountState, cause: Cause): Promise<void>;
  /** @returns how many member rows changed */
  editMembers(groupId: string, edit: MemberEdit, now: Date): Promise<number>;
  /** Keeps the hash of a password, or removes it where it is null; the resource itself does not change. */
  setPassword(resourceId: string, hash: string | null, now: Date): Promise<void>;
}

export interface Directory {
  find(type: ResourceType, id: string, include: Include): Promise<Resource | undefined>;
  list(parts: readonly Part[], page: Page, include: Include): Promise<Found>;
  /** One statement, a transaction by itself. @throws ScimError uniqueness */
  create(type: ResourceType, resource: NewResource, cause: Cause): Promise<void>;
  /**
   * Runs the work in a transaction, again when it lost against another one.
   * @throws ScimError uniqueness when a resource takes a key that another one has
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** How often a transaction is tried that loses against others, e.g. in a deadlock. */
const ATTEMPTS = 3;

export function directoryOver(scope: Scope, walks: Walks): Directory {
  const reading = <T>(run: () => Promise<T>): Promise<T> => retrying(run, ATTEMPTS, 'read');
  const writing = <T>(run: () => Promise<T>): Promise<T> =>
    retrying(run, ATTEMPTS, 'write').catch(async (error: unknown) => {
      throw error instanceof KeyTaken ? await keyTaken(scope, error) : error;
    });
  return {
    find: (type, id, include) => reading(() => findResource(scope, type, id, include)),
    list: (parts, page, include) => reading(() => listResources(scope, walks, parts, page, include)),
    create: (type, resource, cause) =>
      writing(() => claiming(type, resource.document, () => insertResource(scope, type, resource, cause))),
    transaction: (work) =>
      writing(() => scope.db.transaction().execute((db) => work(transactionOf({ ...scope, db })))),
  };
}

function transactionOf(scope: Scope): Transaction {
  return {
    create: (type, resource, cause) =>
      claiming(type, resource.document, () => insertResource(scope, type, resource, cause)),
    lock: (type, id) => lockResource(scope, type, id),
    update: (type, locked, document, account, cause) =>
      claiming(type, document, () => updateResource(scope, type, locked, document, account, cause)),
    remove: async (type, locked, account, cause) => {
      await deleteResource(scope, type, locked, account, cause);
      for (const reference of referencesTo([...scope.byName.values()], type.name)) {
        await clearReferences(scope, reference, locked.id, cause);
      }
    },
    editMembers: (groupId, edit, now) => editMembers(scope, groupId, edit, now),
    setPassword: (resourceId, hash, now) => setPassword(scope, resourceId, hash, now),
  };
}

/** Another resource of the type has the key. Becomes a sentence once the failed transaction is over. */
class KeyTaken extends Error {
  readonly type: ResourceType;
  readonly document: Document;

  constructor(type: ResourceType, document: Document) {
    super('another resource has the key');
    this.type = type;
    this.document = document;
  }
}

async function claiming(type: ResourceType, document: Document, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isKeyViolation(error) ? new KeyTaken(type, document) : error;
  }
}

function isKeyViolation(error: unknown): boolean {
  const violation = translate(error);
  return violation instanceof UniqueViolation && violation.constraint === 'resources_key';
}

// The person who reads this sits in the identity provider's admin page: say whose the value is and what to do.
async function keyTaken(scope: Scope, { type, document }: KeyTaken): Promise<Error> {
  const attribute = type.keyAttribute;
  const value = attribute && readAttribute(document, attribute);
  if (!attribute || typeof value !== 'string') return uniqueness('The resource exists already.');
  const owner = await scope.db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', scope.tenantId)
    .where('r.type', '=', type.name)
    .where('r.key', '=', keyOf(attribute, value))
    .where('r.deleted_at', 'is', null)
    .select(['r.id', 'r.active'])
    .executeTakeFirst();
  const taken = `The ${attribute.name} ${JSON.stringify(value)} already belongs to`;
  if (!owner) return uniqueness(`${taken} another ${type.name}, which has just gone; try again.`);
  const advice = owner.active
    ? `match that ${type.name} instead of creating it, or choose another ${attribute.name}`
    : `set its active to true, or choose another ${attribute.name}`;
  return uniqueness(
    `${taken} ${type.name} ${owner.id}${owner.active ? '' : ', which is inactive'}; ${advice}.`,
  );
}
