/** PATCH (RFC 7644 §3.5.2). */
import { acceptPatch } from '../scim/patch/accept.ts';
import { applyPatch } from '../scim/patch/apply.ts';
import type { DocumentOperation } from '../scim/patch/operation.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { change, type Changed } from './change.ts';
import type { Context } from './context.ts';
import { includeFor } from './include.ts';
import { hasAccounts } from './kind.ts';
import { noSuch } from './noSuch.ts';
import { hashPassword, readPassword } from './password.ts';

/**
 * Applies the operations of a PATCH, all or none. Members are edited as rows and never loaded.
 * @param selection what is to be shown afterwards
 * @throws ScimError as acceptPatch and applyPatch do; notFound, preconditionFailed, uniqueness
 */
export async function patch(
  context: Context,
  type: ResourceType,
  id: string,
  body: unknown,
  ifMatch: string | undefined,
  selection: Selection,
): Promise<Changed> {
  const { operations, memberEdits, passwords } = acceptPatch(type, id, body, context.intake);
  const hash = await hashPassword(context, readPassword(context, passwords));
  return context.directory.transaction(async (transaction) => {
    const locked = await transaction.lock(type, id, {
      groups: includeFor(type, selection).groups,
      account: hasAccounts(type) && operations.some(concernsAccount),
      ...(memberEdits.length > 0 && { members: { edits: memberEdits, at: context.now() } }),
    });
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const document = applyPatch(locked.document, operations, context.intake.leniency);
    const last = hash === undefined;
    const changed = await change(context, transaction, type, locked, { document, memberEdits, last });
    if (hash !== undefined) await transaction.setPassword(locked.id, hash, context.now());
    return changed;
  });
}

/** Whether an operation can change if somebody may come in. */
function concernsAccount({ target }: DocumentOperation): boolean {
  return target.kind === 'attribute' && target.attribute.key === 'active';
}
