/** PATCH (RFC 7644 §3.5.2). */
import { acceptPatch } from '../scim/patch/accept.ts';
import { applyPatch } from '../scim/patch/apply.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { change } from './change.ts';
import type { Context } from './context.ts';
import { noSuch } from './noSuch.ts';
import { hashPassword, readPassword } from './password.ts';

/**
 * Applies the operations of a PATCH, all or none. Members are edited as rows and never loaded.
 * @returns the version afterwards
 * @throws ScimError as acceptPatch and applyPatch do; notFound, preconditionFailed, uniqueness
 */
export async function patch(
  context: Context,
  type: ResourceType,
  id: string,
  body: unknown,
  ifMatch: string | undefined,
): Promise<number> {
  const { operations, memberEdits, passwords } = acceptPatch(type, id, body, context.intake);
  const hash = await hashPassword(context, readPassword(context, passwords));
  return context.directory.transaction(async (transaction) => {
    const locked = await transaction.lock(type, id);
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const document = applyPatch(locked.document, operations, context.intake.leniency);
    const version = await change(context, transaction, type, locked, document, memberEdits);
    if (hash !== undefined) await transaction.setPassword(locked.id, hash, context.now());
    return version;
  });
}
