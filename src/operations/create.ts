/** POST (RFC 7644 §3.3). */
import { accountState, changeKind } from '../provisioning/effect.ts';
import { acceptResource } from '../scim/resource/accept.ts';
import { isActive, withActive } from '../scim/resource/active.ts';
import { checkCreation } from '../scim/resource/checkCreation.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { Selection } from '../scim/resource/selection.ts';
import { validateDocument } from '../scim/resource/validate.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Cause, NewResource } from '../store/writeResources.ts';
import { causeOf } from './cause.ts';
import type { Context } from './context.ts';
import { hasAccounts, mayHaveTwins } from './kind.ts';
import { hashPassword, type Password, readPassword } from './password.ts';
import { read } from './read.ts';

/** A creation that is ready to be written. */
export interface Creation {
  readonly resource: NewResource;
  readonly members: readonly string[];
  /** Not hashed yet. */
  readonly password: Password;
  readonly cause: Cause;
}

/**
 * Creates a resource, its account, and its members.
 * @param id where it is known beforehand
 * @throws ScimError invalidSyntax, invalidValue, uniqueness
 */
export async function create(
  context: Context,
  type: ResourceType,
  body: unknown,
  selection: Selection,
  id: string = context.newId(),
): Promise<Resource> {
  const { resource, members, password, cause } = prepareCreation(context, type, body, id);
  const { document } = resource;
  const hash = await hashPassword(context, password);
  if (members.length === 0 && !hash) {
    await context.directory.create(type, resource, cause);
    return { id, document, version: 1, created: cause.at, lastModified: cause.at, members: [], groups: [] };
  }
  await context.directory.transaction(async (transaction) => {
    await transaction.create(type, resource, cause);
    await transaction.editMembers(id, { kind: 'add', ids: members }, cause.at);
    if (hash) await transaction.setPassword(id, hash, cause.at);
  });
  return read(context, type, id, selection);
}

/** Accepts and checks a body. @throws ScimError invalidSyntax, invalidValue */
export function prepareCreation(context: Context, type: ResourceType, body: unknown, id: string): Creation {
  const accepted = acceptResource(type, body, context.intake);
  const document = withActive(type, accepted.document);
  validateDocument(type, document);
  checkCreation(type, document);

  const active = isActive(type, document);
  const account = hasAccounts(type) ? { id: context.newId(), ...accountState(active) } : undefined;
  const kind = changeKind(account !== undefined, undefined, active);
  return {
    resource: { id, document, account, twin: mayHaveTwins(type, context) },
    members: accepted.members ?? [],
    password: readPassword(context, [accepted.password]),
    cause: causeOf(context, kind, Object.keys(document), context.now()),
  };
}
