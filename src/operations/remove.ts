/** DELETE (RFC 7644 §3.6). */
import { changeKind, DEPROVISIONED } from '../provisioning/effect.ts';
import { isActive } from '../scim/resource/active.ts';
import { checkIfMatch } from '../scim/precondition.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { causeOf } from './cause.ts';
import type { Context } from './context.ts';
import { noSuch } from './noSuch.ts';

/**
 * Removes a resource from the directory; its account stays, inactive.
 * @throws ScimError notFound, also the second time; preconditionFailed
 */
export function remove(
  context: Context,
  type: ResourceType,
  id: string,
  ifMatch: string | undefined,
): Promise<void> {
  return context.directory.transaction(async (transaction) => {
    const locked = await transaction.lock(type, id);
    if (!locked) throw noSuch(type, id);
    checkIfMatch(ifMatch, locked.version);
    const kind = changeKind(locked.accountId !== null, isActive(type, locked.document), undefined);
    await transaction.remove(type, locked, DEPROVISIONED, causeOf(context, kind, [], context.now()));
  });
}
