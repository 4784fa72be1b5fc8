/**
 * How PATCH and PUT go about a change. Nearly always nobody else changes the same resource at the same moment: it is read,
 * thought about, and written if it is still what it was. Only where it is not, or where there is more to it than one
 * person, is it locked first.
 */
import type { MemberEdit } from '../scim/patch/operation.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { change, type Changed, changeAtOnce } from './change.ts';
import type { Context } from './context.ts';
import { includeFor } from './include.ts';
import { hasAccounts } from './kind.ts';
import { noSuch } from './noSuch.ts';
import { hashPassword, type Password } from './password.ts';

/** What is to be done to a resource. */
export interface Alteration {
  readonly ifMatch: string | undefined;
  /** Gives the document afterwards. May be called again, with what another change has left behind. */
  readonly apply: (document: Document) => Document;
  readonly memberEdits: readonly MemberEdit[];
  /** Whether the members can be edited before anything else is known of the resource. */
  readonly membersAhead: boolean;
  readonly password: Password;
}

/**
 * @param selection what is to be shown afterwards
 * @throws ScimError notFound, preconditionFailed, uniqueness, and what `apply` and `change` throw
 */
export async function alter(
  context: Context,
  type: ResourceType,
  id: string,
  { ifMatch, apply, memberEdits, membersAhead, password }: Alteration,
  selection: Selection,
): Promise<Changed> {
  const { directory, now } = context;
  const { groups } = includeFor(type, selection);
  const hash = await hashPassword(context, password);
  if (hash === undefined && hasAccounts(type)) {
    const read = await directory.findToChange(type, id, groups);
    if (!read) throw noSuch(type, id);
    checkIfMatch(ifMatch, read.version);
    const changed = await changeAtOnce(context, type, read, apply(read.document));
    if (changed) return changed;
  }
  return directory.transaction(async (transaction) => {
    const ahead = membersAhead && memberEdits.length > 0;
    const locked = await transaction.lock(type, id, {
      groups,
      ...(ahead && { members: { edits: memberEdits, at: now() } }),
    });
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const document = apply(locked.document);
    const last = hash === undefined;
    const changed = await change(context, transaction, type, locked, { document, memberEdits, last });
    if (hash !== undefined) await transaction.setPassword(locked.id, hash, now());
    return changed;
  });
}
