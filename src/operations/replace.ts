/** PUT (RFC 7644 §3.5.1). */
import type { MemberEdit } from '../scim/patch/operation.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import { acceptResource } from '../scim/resource/accept.ts';
import { replaceDocument } from '../scim/resource/replace.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import { change } from './change.ts';
import type { Context } from './context.ts';
import { includeFor } from './include.ts';
import { hasAccounts } from './kind.ts';
import { noSuch } from './noSuch.ts';
import { hashPassword, readPassword } from './password.ts';
import { read } from './read.ts';

/**
 * Replaces a resource; what the body leaves out is cleared, but see replaceDocument. Members that the body does
 * not speak of stay, unless the tenant's mode has it otherwise (B5.02).
 * @throws ScimError notFound (a PUT never creates, B5.01), preconditionFailed, mutability, invalidValue, uniqueness
 */
export async function replace(
  context: Context,
  type: ResourceType,
  id: string,
  body: unknown,
  ifMatch: string | undefined,
  selection: Selection,
): Promise<Resource> {
  const { leniency } = context.intake;
  const accepted = acceptResource(type, body, context.intake);
  const members = accepted.members ?? (leniency.rules.putClears && hasMembers(type) ? [] : undefined);
  const memberEdits: MemberEdit[] = members ? [{ kind: 'set', ids: members }] : [];
  const hash = await hashPassword(context, readPassword(context, [accepted.password]));
  const include = includeFor(type, selection);
  const changed = await context.directory.transaction(async (transaction) => {
    const locked = await transaction.lock(type, id, { groups: include.groups, account: hasAccounts(type) });
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const document = replaceDocument(type, locked.document, accepted, leniency);
    const last = hash === undefined;
    const done = await change(context, transaction, type, locked, { document, memberEdits, last });
    if (hash !== undefined) await transaction.setPassword(locked.id, hash, context.now());
    return done;
  });
  return include.members ? read(context, type, id, selection) : changed;
}
