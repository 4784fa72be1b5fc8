/** The steps that PUT and PATCH share: a locked resource, its document after the change, and the edits of its members. */
import { imagesOf } from '../provisioning/image.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { isActive, withActive } from '../scim/resource/active.ts';
import { changedPaths } from '../scim/resource/changedPaths.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Resource } from '../scim/resource/resource.ts';
import { validateDocument } from '../scim/resource/validate.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Transaction } from '../store/directory.ts';
import type { Edited } from '../store/members.ts';
import type { Origin } from '../store/origin.ts';
import type { Update } from '../store/updateResource.ts';
import type { Locked, Readable } from '../store/writeResources.ts';
import type { Context } from './context.ts';
import { hasAccounts } from './kind.ts';
import { groupName, mapGroup } from './mapGroup.ts';
import { originOf } from './origin.ts';
import { appliesAtOnce, isByGroups, settle, settleAtOnce, settleMembers, settlePeople } from './settle.ts';
import { ownRoleOf, termsOf } from './terms.ts';

/** What a resource is after a change. */
export type Changed = Pick<Resource, 'id' | 'document' | 'version' | 'created' | 'lastModified' | 'groups'>;

/** How a resource is changed. */
export interface Changing {
  /** As given; what it does not say of `active` stays. */
  readonly document: Document;
  /** Unless they were carried out together with the lock. */
  readonly memberEdits: readonly MemberEdit[];
  /** Whether nothing else is done in the transaction, so that it can end with the change. */
  readonly last: boolean;
}

/**
 * Brings a locked resource to a new state. When that is the state it has, nothing is written: neither version nor
 * lastModified change, and the feed hears nothing (B6.08).
 * @throws ScimError invalidValue when the document is not valid, or a member unknown
 */
export async function change(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  locked: Locked,
  { document: given, memberEdits, last }: Changing,
): Promise<Changed> {
  const document = withActive(type, given, locked.document);
  validateDocument(type, document);

  const origin = originOf(context, context.now());
  const edited = await (locked.edited ?? transaction.editMembers(locked.id, memberEdits, origin.at));
  const paths = changedPaths(locked.document, document);
  if (edited.ids.length > 0) paths.push('members');
  const { id, version, created, lastModified, groups } = locked;
  if (paths.length === 0) {
    if (locked.imported) await transaction.takeOver(locked.id);
    return { id, document: locked.document, version, created, lastModified, groups };
  }
  const update = { document, ownRole: locked.ownRole, paths };
  if (hasAccounts(type)) await changePerson(context, transaction, type, locked, update, origin);
  else await changeOther(context, transaction, type, locked, update, edited, origin, last);
  return { id, document, version: version + 1, created, lastModified: origin.at, groups };
}

/**
 * The same for a person who was read and not locked.
 * @returns undefined, and nothing is changed, where it takes a transaction: somebody else has changed them meanwhile, or
 *   there is something to decide
 * @throws as change does; ScimError uniqueness
 */
export async function changeAtOnce(
  context: Context,
  type: ResourceType,
  read: Readable,
  given: Document,
): Promise<Changed | undefined> {
  const { accountId, id, version, created, lastModified, groups } = read;
  const document = withActive(type, given, read.document);
  validateDocument(type, document);
  const paths = changedPaths(read.document, document);
  if (paths.length === 0 && !read.imported) {
    return { id, document: read.document, version, created, lastModified, groups };
  }
  const origin = originOf(context, context.now());
  const { update, waits, turns } = updateOf(context, type, read, { document, paths });
  if (paths.length === 0 || accountId === null || waits || update.ownRole !== read.ownRole) return undefined;
  const { directory, provisioning } = context;
  if (turns && provisioning.brake !== null) return undefined;
  const done = turns
    ? await directory.turn(type, { ...read, accountId }, update, termsOf(context), origin)
    : await directory.update(type, read, update, origin);
  if (!done) return undefined;
  return { id, document, version: version + 1, created, lastModified: origin.at, groups };
}

/** What is written of a person, and what that means: whether it waits, and whether they are suspended or come back. */
function updateOf(
  context: Context,
  type: ResourceType,
  { document: before, accountId }: Readable,
  { document, paths }: Pick<Update, 'document' | 'paths'>,
): { readonly update: Update; readonly waits: boolean; readonly turns: boolean } {
  const images = imagesOf(before, document);
  const waits = context.paused || termsOf(context).admission !== undefined;
  const tells: Update['tells'] =
    accountId === null || !images
      ? { kind: 'nothing' }
      : waits
        ? { kind: 'frozen' }
        : { kind: 'account', images };
  return {
    update: { document, paths, tells, ownRole: ownRoleOf(context, document) },
    waits,
    turns: isActive(type, before) !== isActive(type, document),
  };
}

async function changePerson(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  locked: Locked,
  given: Pick<Update, 'document' | 'paths'>,
  origin: Origin,
): Promise<void> {
  const { update, waits, turns } = updateOf(context, type, locked, given);
  const concerns = waits || turns || update.ownRole !== locked.ownRole;
  // Settling locks it with the accounts, but an update that writes the account comes first.
  if (concerns && update.tells.kind !== 'nothing') await transaction.lockStructure('read');
  await transaction.update(type, locked, update, origin);
  const made = concerns ? await settlePeople(context, transaction, [locked.id], origin) : 0;
  if (locked.accountId === null && made === 0) {
    const resource = { type: type.name, id: locked.id, version: locked.version + 1 };
    await transaction.tell(resource, 'resource.updated', given.paths, origin);
  }
}

/** A group, or whatever else has no account. */
async function changeOther(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  locked: Locked,
  given: Omit<Update, 'tells'>,
  edited: Edited,
  origin: Origin,
  last: boolean,
): Promise<void> {
  const { document } = given;
  const name = groupName(type, document);
  const renamed = name !== undefined && name !== groupName(type, locked.document);
  const update = () => transaction.update(type, locked, { ...given, tells: { kind: 'resource' } }, origin);
  if (!renamed && edited.ids.length === 0) return inOneGo(update(), last ? transaction.commit() : undefined);
  if (!renamed && !edited.nested) {
    const standing = await transaction.lockAccounts({ ...edited, organizations: 'all' }, [locked.id]);
    if (appliesAtOnce(context, standing)) {
      const organizations = standing.reached;
      return inOneGo(
        update(),
        organizations.length > 0
          ? settleAtOnce(context, transaction, { ...edited, organizations }, standing, origin)
          : undefined,
        last ? transaction.commit() : undefined,
      );
    }
  }

  await update();
  await transaction.lockStructure(renamed || edited.nested ? 'changed' : 'read');
  if (renamed) {
    const { touched, left } = await mapGroup(context, transaction, locked.id, name, origin);
    if (touched.length > 0 || isByGroups(context)) {
      await settle(context, transaction, { ids: [locked.id], nested: true, organizations: touched }, origin);
    }
    // Those who were removed in the same request are not below the group any more.
    if (left.length > 0 && edited.ids.length > 0) {
      await settle(context, transaction, { ...edited, organizations: left }, origin);
    }
    await transaction.organizations.archiveLeft(left, origin);
  }
  await settleMembers(context, transaction, locked.id, edited, origin);
}

/** Waits for what was sent together; where one fails, so do those behind it, and the first is the one to tell of. */
async function inOneGo(...sent: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const outcomes = await Promise.allSettled(sent.filter((one) => one !== undefined));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
