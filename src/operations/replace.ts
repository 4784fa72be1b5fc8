/** PUT (RFC 7644 §3.5.1). */
import type { MemberEdit } from '../scim/patch/operation.ts';
import { acceptResource } from '../scim/resource/accept.ts';
import type { Document } from '../scim/resource/document.ts';
import { replaceDocument } from '../scim/resource/replace.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import { alter } from './alter.ts';
import type { Context } from './context.ts';
import { includeFor } from './include.ts';
import { readPassword } from './password.ts';
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
  const alteration = {
    ifMatch,
    apply: (document: Document) => replaceDocument(type, document, accepted, leniency),
    memberEdits,
    membersAhead: false,
    password: readPassword(context, [accepted.password]),
  };
  const changed = await alter(context, type, id, alteration, selection);
  return includeFor(type, selection).members ? read(context, type, id, selection) : changed;
}
