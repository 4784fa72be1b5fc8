/** The steps that PUT and PATCH share: a locked resource, its document after the change, and the edits of its members. */
import { accountState, changeKind } from '../provisioning/effect.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { isActive, withActive } from '../scim/resource/active.ts';
import { changedPaths } from '../scim/resource/changedPaths.ts';
import { type Document } from '../scim/resource/document.ts';
import { validateDocument } from '../scim/resource/validate.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Transaction } from '../store/directory.ts';
import type { Locked } from '../store/writeResources.ts';
import { causeOf } from './cause.ts';
import type { Context } from './context.ts';

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

  const at = context.now();
  let members = 0;
  for (const edit of joined(memberEdits)) members += await transaction.editMembers(locked.id, edit, at);
  const paths = changedPaths(locked.document, document);
  if (members > 0) paths.push('members');
  if (paths.length === 0) return locked.version;

  const active = isActive(type, document);
  const kind = changeKind(locked.accountId !== null, isActive(type, locked.document), active);
  await transaction.update(type, locked, document, accountState(active), causeOf(context, kind, paths, at));
  return locked.version + 1;
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
