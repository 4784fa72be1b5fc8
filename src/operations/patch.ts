/** PATCH (RFC 7644 §3.5.2). */
import { acceptPatch } from '../scim/patch/accept.ts';
import { applyPatch } from '../scim/patch/apply.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { change } from './change.ts';
import type { Context } from './context.ts';
import { noSuch } from './noSuch.ts';

/**
 * Applies the operations of a PATCH, all or none. Members are edited as rows and never loaded.
 * @returns the version afterwards
 * @throws ScimError as acceptPatch and applyPatch do; notFound, preconditionFailed, uniqueness
 */
export function patch(
  context: Context,
  type: ResourceType,
  id: string,
  body: unknown,
  ifMatch: string | undefined,
): Promise<number> {
  const { operations, memberEdits } = acceptPatch(type, id, body, context.intake);
  return context.directory.transaction(async (transaction) => {
    const locked = await transaction.lock(type, id);
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const document = applyPatch(locked.document, operations, context.intake.leniency);
    return change(context, transaction, type, locked, document, memberEdits);
  });
}
