/** The steps that PUT and PATCH share: a locked resource, its document after the change, and the edits of its members. */
import { imagesOf } from '../provisioning/image.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { isActive, withActive } from '../scim/resource/active.ts';
import { changedPaths } from '../scim/resource/changedPaths.ts';
import { type Document } from '../scim/resource/document.ts';
import { validateDocument } from '../scim/resource/validate.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Transaction } from '../store/directory.ts';
import type { Edited } from '../store/members.ts';
import type { Locked, Update } from '../store/writeResources.ts';
import type { Context } from './context.ts';
import { hasAccounts } from './kind.ts';
import { groupName, mapGroup } from './mapGroup.ts';
import { originOf } from './origin.ts';
import { isByGroups, settle, settleMembers, settlePeople } from './settle.ts';
import { ownRoleOf, termsOf } from './terms.ts';

/**
 * Brings a locked resource to a new state. When that is the state it has, nothing is written: neither version nor
 * lastModified change, and the feed hears nothing (B6.08).
 * @returns the version afterwards
 * @throws ScimError invalidValue when the document is not valid, or a member unknown
 */
export async function change(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  locked: Locked,
  given: Document,
  memberEdits: readonly MemberEdit[],
): Promise<number> {
  const document = withActive(type, given, locked.document);
  validateDocument(type, document);

  const origin = originOf(context, context.now());
  let edited: Edited = { ids: [], nested: false };
  for (const edit of joined(memberEdits)) {
    const { ids, nested } = await transaction.editMembers(locked.id, edit, origin.at);
    edited = { ids: [...edited.ids, ...ids], nested: edited.nested || nested };
  }
  const paths = changedPaths(locked.document, document);
  if (edited.ids.length > 0) paths.push('members');
  if (paths.length === 0) {
    if (locked.imported) await transaction.takeOver(locked.id);
    return locked.version;
  }

  const update = { document, ownRole: locked.ownRole, paths };
  if (hasAccounts(type)) {
    await changePerson(context, transaction, type, locked, update);
    return locked.version + 1;
  }
  await transaction.update(type, locked, { ...update, tells: { kind: 'resource' } }, origin);
  const name = groupName(type, document);
  const renamed = name !== undefined && name !== groupName(type, locked.document);
  if (!renamed && edited.ids.length === 0) return locked.version + 1;

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
  return locked.version + 1;
}

async function changePerson(
  context: Context,
  transaction: Transaction,
  type: ResourceType,
  locked: Locked,
  given: Omit<Update, 'tells'>,
): Promise<void> {
  const { document } = given;
  const origin = originOf(context, context.now());
  const ownRole = ownRoleOf(context, document);
  const images = imagesOf(locked.document, document);
  const waits = context.paused || termsOf(context).admission !== undefined;
  const tells: Update['tells'] =
    locked.accountId === null || !images
      ? { kind: 'nothing' }
      : waits
        ? { kind: 'frozen' }
        : { kind: 'account', images };
  const concerns =
    waits || ownRole !== locked.ownRole || isActive(type, locked.document) !== isActive(type, document);
  // Settling locks it with the accounts, but an update that writes the account comes first.
  if (concerns && tells.kind !== 'nothing') await transaction.lockStructure('read');
  await transaction.update(type, locked, { ...given, ownRole, tells }, origin);
  const made = concerns ? await settlePeople(context, transaction, [locked.id], origin) : 0;
  if (locked.accountId === null && made === 0) {
    const resource = { type: type.name, id: locked.id, version: locked.version + 1 };
    await transaction.tell(resource, 'resource.updated', given.paths, origin);
  }
}

/** Neighbours of one kind as one edit: some clients send an operation for each member. */
function joined(edits: readonly MemberEdit[]): readonly MemberEdit[] {
  const result: MemberEdit[] = [];
  let ids: string[] = [];
  for (const edit of edits) {
    const last = result.at(-1);
    if (last && last.kind === edit.kind && (edit.kind === 'add' || edit.kind === 'remove')) {
      ids.push(...edit.ids);
    } else if (edit.kind === 'add' || edit.kind === 'remove') {
      ids = [...edit.ids];
      result.push({ kind: edit.kind, ids });
    } else {
      result.push(edit);
    }
  }
  return result;
}
