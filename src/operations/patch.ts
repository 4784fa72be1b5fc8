/** PATCH (RFC 7644 §3.5.2). */
import { acceptPatch } from '../scim/patch/accept.ts';
import { applyPatch } from '../scim/patch/apply.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { alter } from './alter.ts';
import type { Changed } from './change.ts';
import type { Context } from './context.ts';
import { readPassword } from './password.ts';

/**
 * Applies the operations of a PATCH, all or none. Members are edited as rows and never loaded.
 * @param selection what is to be shown afterwards
 * @throws ScimError as acceptPatch and applyPatch do; notFound, preconditionFailed, uniqueness
 */
export function patch(
  context: Context,
  type: ResourceType,
  id: string,
  body: unknown,
  ifMatch: string | undefined,
  selection: Selection,
): Promise<Changed> {
  const { operations, memberEdits, passwords } = acceptPatch(type, id, body, context.intake);
  const alteration = {
    ifMatch,
    apply: (document: Document) => applyPatch(document, operations, context.intake.leniency),
    memberEdits,
    membersAhead: true,
    password: readPassword(context, passwords),
  };
  return alter(context, type, id, alteration, selection);
}
