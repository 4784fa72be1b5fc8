/** POST (RFC 7644 §3.3). */
import { imagesOf } from '../provisioning/image.ts';
import { matchOnCreate } from '../provisioning/matching.ts';
import { type Accepted, acceptResource } from '../scim/resource/accept.ts';
import { isActive, withActive } from '../scim/resource/active.ts';
import { checkCreation } from '../scim/resource/checkCreation.ts';
import { type Document, isObject } from '../scim/resource/document.ts';
import { replaceDocument } from '../scim/resource/replace.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { Selection } from '../scim/resource/selection.ts';
import { validateDocument } from '../scim/resource/validate.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Transaction } from '../store/directory.ts';
import type { NewResource, SpokenFor } from '../store/insertResource.ts';
import type { Locked } from '../store/writeResources.ts';
import { change } from './change.ts';
import type { Context } from './context.ts';
import { hasAccounts, mayHaveTwins } from './kind.ts';
import { groupName, mapGroup } from './mapGroup.ts';
import { originOf } from './origin.ts';
import { hashPassword, type Password, readPassword } from './password.ts';
import { read } from './read.ts';
import { settleMembers, settlePeople } from './settle.ts';
import { ownRoleOf, termsOf } from './terms.ts';

/** A creation that is ready to be written. */
export interface Creation {
  readonly resource: NewResource;
  readonly accepted: Accepted;
  /** Not hashed yet. */
  readonly password: Password;
  readonly at: Date;
}

/**
 * Creates a resource, its account, and its members.
 * @param id where it is known beforehand; somebody who was there already keeps theirs
 * @throws ScimError invalidSyntax, invalidValue, uniqueness
 */
export async function create(
  context: Context,
  type: ResourceType,
  body: unknown,
  selection: Selection,
  id: string = context.newId(),
): Promise<Resource> {
  const creation = prepareCreation(context, type, body, id);
  const hash = await hashPassword(context, creation.password);
  if (!hash && isPlain(context, type)) {
    const made = await createPerson(context, type, creation);
    if (made) return made;
  }
  const madeId = await context.directory.transaction(async (transaction) => {
    const entered = await enter(context, transaction, type, creation);
    await addMembers(context, transaction, type, creation, entered);
    if (hash) await transaction.setPassword(entered, hash, creation.at);
    return entered;
  });
  return read(context, type, madeId, selection);
}

/** Accepts and checks a body. @throws ScimError invalidSyntax, invalidValue */
export function prepareCreation(context: Context, type: ResourceType, body: unknown, id: string): Creation {
  const accepted = acceptResource(type, body, context.intake);
  const document = withActive(type, accepted.document);
  validateDocument(type, document);
  checkCreation(type, document);
  const ownRole = hasAccounts(type) ? ownRoleOf(context, document) : null;
  return {
    resource: { id, document, ownRole, twin: mayHaveTwins(type, context) },
    accepted: { ...accepted, document },
    password: readPassword(context, [accepted.password]),
    at: context.now(),
  };
}

/** Whether a creation can mean nothing but a new account and its place in the default organization. */
function isPlain(context: Context, type: ResourceType): boolean {
  const { matching, userRoles } = context.provisioning;
  return (
    hasAccounts(type) &&
    !context.paused &&
    !termsOf(context).admission &&
    matching.email === 'reject' &&
    userRoles === 'ignored'
  );
}

/** @returns undefined when it takes more than one statement to say who it is */
async function createPerson(
  context: Context,
  type: ResourceType,
  { resource, at }: Creation,
): Promise<Resource | undefined> {
  const { id, document } = resource;
  const { defaultRole, matching } = context.provisioning;
  const account = {
    id: context.newId(),
    active: isActive(type, document),
    role: declared(context, defaultRole),
  };
  const outcome = await context.directory.createWithAccount(type, resource, account, originOf(context, at));
  if (outcome === 'made')
    return { id, document, version: 1, created: at, lastModified: at, members: [], groups: [] };
  if (outcome === 'taken' && matching.userName === 'reject' && matching.deactivated === 'reject') {
    throw await context.directory.keyTaken(type, document);
  }
  return undefined;
}

function declared({ provisioning }: Context, role: string | null): string | null {
  return provisioning.roles.some(({ name }) => name === role) ? role : null;
}

/**
 * Writes a new resource; or, where the tenant's matching says that the person is there already, what is said of them.
 * @returns the id of the resource
 * @throws ScimError uniqueness
 */
export async function enter(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  { resource, accepted, at }: Creation,
): Promise<string> {
  const origin = originOf(context, at);
  const { id, document } = resource;
  const tellable = { type: type.name, id, version: 1 };
  if (!hasAccounts(type)) {
    await transaction.insert(type, resource, undefined, origin);
    await transaction.tell(tellable, 'resource.created', Object.keys(document), origin);
    return id;
  }
  const there = await lockMatch(context, transaction, type, document);
  if (there) {
    const merged = replaceDocument(type, there.document, accepted, context.intake.leniency);
    await change(context, transaction, type, there, { document: merged, memberEdits: [], last: false });
    return there.id;
  }
  await transaction.lockStructure('read');
  const leaver = await transaction.findLeaver(type, document);
  const account: SpokenFor | undefined = leaver
    ? {
        id: leaver.accountId,
        returning: {
          document: leaver.document,
          tell: context.paused || (leaver.active && !imagesOf(leaver.document, document)),
        },
      }
    : termsOf(context).admission
      ? undefined
      : { id: context.newId() };
  await transaction.insert(type, resource, account, origin);
  const made = await settlePeople(context, transaction, [id], origin);
  if (!account && made === 0) {
    await transaction.tell(tellable, 'resource.created', Object.keys(document), origin);
  }
  return id;
}

/** Whom the creation means of those who are there, locked. @throws ScimError uniqueness */
async function lockMatch(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  document: Document,
): Promise<Locked | undefined> {
  for (;;) {
    const match = await matchIn(context, transaction, type, document);
    // Who is to be refused is refused by the key that both have.
    if (match.kind === 'none' || match.kind === 'reject') return undefined;
    const locked = await transaction.lock(type, match.id);
    // Another creation, which this one had to wait for, may have been for them: they are somebody else's match then.
    const now = await matchIn(context, transaction, type, document);
    if (locked && now.kind === match.kind && now.id === match.id) return locked;
  }
}

async function matchIn(context: Context, transaction: Transaction, type: ResourceType, document: Document) {
  const { provisioning } = context;
  const emails = provisioning.matching.email === 'adopt' ? addressesOf(document) : [];
  const found = await transaction.findCandidates(type, document, emails);
  return matchOnCreate(
    provisioning,
    found.map(({ email, ...candidate }) => ({
      ...candidate,
      ...(email === undefined ? {} : { emailDomain: email.slice(email.lastIndexOf('@') + 1) }),
    })),
  );
}

function addressesOf(document: Document): string[] {
  const emails: unknown = document['emails'];
  const values = Array.isArray(emails)
    ? emails.map((email: unknown) => isObject(email) && email['value'])
    : [];
  return [...new Set(values.filter((value) => typeof value === 'string'))];
}

/** The members of a new group, and the organization that it leads to. */
export async function addMembers(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  { resource, accepted, at }: Creation,
  id: string,
): Promise<void> {
  const name = groupName(type, resource.document);
  const ids = accepted.members ?? [];
  if (name === undefined && ids.length === 0) return;
  const origin = originOf(context, at);
  const edited = await transaction.editMembers(id, [{ kind: 'add', ids }], at);
  await transaction.lockStructure(edited.nested ? 'changed' : 'read');
  if (name !== undefined) await mapGroup(context, transaction, id, name, origin);
  await settleMembers(context, transaction, id, edited, origin);
}
