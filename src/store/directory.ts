/** The directory of one tenant, as operations use it: every error in this program's words. */
import { uniqueness } from '../scim/errors.ts';
import { keyOf } from '../scim/filter/operand.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { type Document, readAttribute } from '../scim/resource/document.ts';
import { referencesTo } from '../scim/schema/references.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { clearReferences } from './clearReferences.ts';
import type { Connection } from './connection.ts';
import { retrying, translate, UniqueViolation } from './errors.ts';
import { type HoldStore, holdStore } from './holds.ts';
import {
  insertResource,
  insertWithAccount,
  type NewAccount,
  type NewResource,
  type SpokenFor,
  tellResource,
} from './insertResource.ts';
import { editAll, type Edited } from './members.ts';
import { type OrganizationStore, organizationStore } from './organizations.ts';
import type { Origin } from './origin.ts';
import { setPassword } from './passwords.ts';
import { type Candidate, findCandidates, findLeaver, type Leaver, makeMissingAccounts } from './people.ts';
import { nextIds, type Scope } from './readResources.ts';
import { type RecomputationStep, recomputationStep } from './recomputations.ts';
import { countRemovals, settle } from './settle.ts';
import type { Concerned, Terms } from './settle/concerned.ts';
import { lockAccounts, lockStructure, type Standing, type Structure } from './settle/lock.ts';
import type { Waiting } from './settle/waits.ts';
import { inSnapshot, type Reads, readsOf, type Snapshot } from './snapshot.ts';
import type { TenantScope } from './tenantScope.ts';
import type { TransactionScope } from './transaction.ts';
import { turnPerson, type Update, updateResource } from './updateResource.ts';
import type { Walks } from './walks.ts';
import {
  type Ahead,
  type Deleted,
  deleteResource,
  findToChange,
  type Locked,
  lockResource,
  type Readable,
  takeOver,
} from './writeResources.ts';

/** What can be done inside a transaction. */
export interface Transaction {
  /** @param account whom it speaks for, see insertResource */
  insert(
    type: ResourceType,
    resource: NewResource,
    account: SpokenFor | undefined,
    origin: Origin,
  ): Promise<void>;
  /** Tells the feed of a resource that nobody has an account by. */
  tell(
    resource: { readonly type: string; readonly id: string; readonly version: number },
    kind: 'resource.created' | 'resource.updated',
    paths: readonly string[],
    origin: Origin,
  ): Promise<void>;
  lock(type: ResourceType, id: string, ahead?: Ahead): Promise<Locked | undefined>;
  update(type: ResourceType, locked: Locked, update: Update, origin: Origin): Promise<unknown>;
  /** Notes that the identity provider has written a resource, although nothing of it changes. */
  takeOver(id: string): Promise<void>;
  /**
   * @param freeze whether the application goes on to see what others said of the resource
   * @returns what went with it, and of whom something is to be settled since they referred to it
   */
  remove(
    type: ResourceType,
    locked: Locked,
    freeze: boolean,
    origin: Origin,
  ): Promise<Deleted & { readonly referring: readonly string[] }>;
  /** @returns whom it concerned */
  editMembers(groupId: string, edits: readonly MemberEdit[], now: Date): Promise<Edited>;
  /** Keeps the hash of a password, or removes it where it is null; the resource itself does not change. */
  setPassword(resourceId: string, hash: string | null, now: Date): Promise<void>;

  findLeaver(type: ResourceType, document: Document): Promise<Leaver | undefined>;
  findCandidates(
    type: ResourceType,
    document: Document,
    emails: readonly string[],
  ): Promise<readonly Candidate[]>;
  makeMissingAccounts(
    type: ResourceType,
    concerned: Concerned,
    terms: Terms,
    newId: () => string,
    origin: Origin,
  ): Promise<number>;

  /** After the resource was locked, before accounts are, and before anything is settled. */
  lockStructure(structure: Structure): Promise<void>;
  /** @param from groups of which it is to be said where they lead */
  lockAccounts(concerned: Concerned, from?: readonly string[]): Promise<Standing>;
  countRemovals(concerned: Concerned, terms: Terms): Promise<number>;
  /** @returns how many effects wait no more because nothing of the kind is asked for any more */
  settle(concerned: Concerned, terms: Terms, waiting: Waiting, origin: Origin): Promise<number>;
  readonly organizations: OrganizationStore;
  readonly holds: HoldStore;
  readonly recomputation: RecomputationStep;
  /**
   * Ends the transaction behind what was sent to it, without waiting for that: where something of it fails, nothing is
   * committed. For when nothing that comes back can be a reason to do anything more.
   */
  commit(): Promise<void>;
  /** The next living resources of some types after an id, for what is done to all of them. */
  nextIds(
    types: readonly ResourceType[],
    after: string | null,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly type: string }[]>;
}

export interface Directory extends Reads {
  /** For a change that is made if nobody else makes one meanwhile. */
  findToChange(type: ResourceType, id: string, groups: boolean): Promise<Readable | undefined>;
  /**
   * Changes of what was read with findToChange, in one statement or one transaction that is sent at once: no lock is held
   * while anybody thinks. Both give false, and do nothing, where there is more to it; then it takes a transaction.
   * @throws ScimError uniqueness
   */
  update(type: ResourceType, read: Readable, update: Update, origin: Origin): Promise<boolean>;
  turn(
    type: ResourceType,
    read: Readable & { readonly accountId: string },
    update: Update,
    terms: Terms,
    origin: Origin,
  ): Promise<boolean>;
  /** Reads and sends what is too large for one statement, see inSnapshot. */
  snapshot<T>(
    prepare: (snapshot: Snapshot) => Promise<T>,
    deliver: (prepared: T, snapshot: Snapshot) => Promise<void>,
  ): Promise<void>;
  /**
   * Somebody new with an account, in one statement that is a transaction by itself. Nothing is done when it says
   * anything but `made`: `leaver` when the person may be returning, `taken` when another resource has the key.
   */
  createWithAccount(
    type: ResourceType,
    resource: NewResource,
    account: NewAccount,
    origin: Origin,
  ): Promise<'made' | 'leaver' | 'taken'>;
  /** What to say to somebody who wants a key that another resource has. */
  keyTaken(type: ResourceType, document: Document): Promise<Error>;
  /**
   * Runs the work in a transaction, again when it lost against another one.
   * @throws ScimError uniqueness when a resource takes a key that another one has
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** Groups with more members are read part by part. One statement does for the others, in one round trip. */
const MOST_MEMBERS = 500;

/** How often a transaction is tried that loses against others, e.g. in a deadlock. */
const ATTEMPTS = 3;

export function directoryOver(
  connection: Pick<Connection, 'scopeOf' | 'transaction' | 'snapshot' | 'embedded'>,
  tenantId: string,
  byName: Scope['byName'],
  walks: Walks,
): Directory {
  // The embedded database has one session, which nobody may hold while an answer is sent: there, groups are read whole.
  const mostMembers = connection.embedded ? undefined : MOST_MEMBERS;
  const scope: Scope = { ...connection.scopeOf(tenantId), byName, mostMembers };
  const reads = readsOf(scope, walks);
  const reading = <T>(run: () => Promise<T>): Promise<T> => retrying(run, ATTEMPTS, 'read');
  const writing = <T>(run: () => Promise<T>): Promise<T> =>
    retrying(run, ATTEMPTS, 'write').catch(async (error: unknown) => {
      throw error instanceof KeyTaken ? await keyTaken(scope, error) : error;
    });
  return {
    find: (type, id, include) => reading(() => reads.find(type, id, include)),
    findToChange: (type, id, groups) => reading(() => findToChange(scope, type, id, groups)),
    update: (type, read, update, origin) =>
      writing(() => claiming(type, update.document, () => updateResource(scope, type, read, update, origin))),
    turn: (type, read, update, terms, origin) =>
      writing(() =>
        claiming(type, update.document, () =>
          connection.transaction(tenantId, (open) => turnPerson(open, type, read, update, terms, origin)),
        ),
      ),
    list: (parts, page, include) => reading(() => reads.list(parts, page, include)),
    snapshot: (prepare, deliver) => inSnapshot(connection, scope, walks, prepare, deliver),
    createWithAccount: (type, resource, account, origin) =>
      retrying(async () => {
        try {
          return (await insertWithAccount(scope, type, resource, account, origin)) ? 'made' : 'leaver';
        } catch (error) {
          if (isKeyViolation(error)) return 'taken';
          throw error;
        }
      }, ATTEMPTS),
    keyTaken: (type, document) => keyTaken(scope, new KeyTaken(type, document)),
    transaction: (work) =>
      writing(() => connection.transaction(tenantId, (open) => work(transactionOf(open, byName)))),
  };
}

/** What can be done in a transaction that is open already. */
export function transactionOf(
  open: TenantScope & Partial<Pick<TransactionScope, 'commit'>>,
  byName: Scope['byName'],
): Transaction {
  const scope: Scope = {
    tenantId: open.tenantId,
    send: open.send,
    byName,
    // Made when it is asked for: the shortest transactions do without.
    get db() {
      return open.db;
    },
  };
  return {
    insert: (type, resource, account, origin) =>
      claiming(type, resource.document, () => insertResource(scope, type, resource, account, origin)),
    tell: (resource, kind, paths, origin) => tellResource(scope, resource, kind, paths, origin),
    lock: (type, id, ahead) => lockResource(scope, type, id, ahead),
    update: (type, locked, update, origin) =>
      claiming(type, update.document, () => updateResource(scope, type, locked, update, origin)),
    takeOver: (id) => takeOver(scope, id),
    remove: async (type, locked, freeze, origin) => {
      const deleted = await deleteResource(scope, type, locked, origin);
      const referring: string[] = [];
      for (const reference of referencesTo([...scope.byName.values()], type.name)) {
        referring.push(...(await clearReferences(scope, reference, locked.id, freeze, origin)));
      }
      return { ...deleted, referring };
    },
    editMembers: (groupId, edits, now) => editAll(scope, groupId, edits, now),
    setPassword: (resourceId, hash, now) => setPassword(scope, resourceId, hash, now),
    findLeaver: (type, document) => findLeaver(scope, type, document),
    findCandidates: (type, document, emails) => findCandidates(scope, type, document, emails),
    makeMissingAccounts: (type, concerned, terms, newId, origin) =>
      makeMissingAccounts(scope, type, concerned, terms, newId, origin),
    lockStructure: (structure) => lockStructure(scope, structure),
    lockAccounts: (concerned, from) => lockAccounts(scope, concerned, from),
    countRemovals: (concerned, terms) => countRemovals(scope, concerned, terms),
    settle: (concerned, terms, waiting, origin) => settle(scope, concerned, terms, waiting, origin),
    get organizations() {
      return organizationStore(scope);
    },
    get holds() {
      return holdStore(scope);
    },
    get recomputation() {
      return recomputationStep(scope);
    },
    nextIds: (types, after, limit) => nextIds(scope, types, after, limit),
    commit: () => open.commit?.() ?? Promise.resolve(),
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

async function claiming<T>(type: ResourceType, document: Document, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
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
    .select(['r.id', 'r.active', 'r.imported'])
    .executeTakeFirst();
  const taken = `The ${attribute.name} ${JSON.stringify(value)} already belongs to`;
  if (!owner) return uniqueness(`${taken} another ${type.name}, which has just gone; try again.`);
  if (owner.imported) {
    return uniqueness(
      `${taken} ${type.name} ${owner.id}, who was imported; find and update that ${type.name} instead of creating ` +
        "another, or have the tenant's matching of imported users set to adopt.",
    );
  }
  const advice = owner.active
    ? `match that ${type.name} instead of creating it, or choose another ${attribute.name}`
    : `set its active to true, or choose another ${attribute.name}`;
  return uniqueness(
    `${taken} ${type.name} ${owner.id}${owner.active ? '' : ', which is inactive'}; ${advice}.`,
  );
}
