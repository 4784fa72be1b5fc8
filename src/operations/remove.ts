/** DELETE (RFC 7644 §3.6). */
import { checkIfMatch } from '../scim/precondition.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Context } from './context.ts';
import { hasAccounts } from './kind.ts';
import { noSuch } from './noSuch.ts';
import { originOf } from './origin.ts';
import { settle, settlePeople } from './settle.ts';
import { termsOf } from './terms.ts';

/**
 * Removes a resource from the directory. A person's account stays, inactive; an organization that a group led to stays,
 * archived when nothing else leads there.
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
    const origin = originOf(context, context.now());
    const waits = context.paused || termsOf(context).admission !== undefined;
    const { members, ledTo, leftGroups, referring } = await transaction.remove(type, locked, waits, origin);
    if (hasMembers(type)) {
      await transaction.lockStructure('changed');
      const above = await transaction.organizations.reachedFrom(leftGroups);
      const organizations = [...new Set([...ledTo, ...above])];
      await settle(context, transaction, { ...members, organizations }, origin);
      await transaction.organizations.archiveLeft(ledTo, origin);
    }
    const people = hasAccounts(type) ? [locked.id, ...referring] : referring;
    await settlePeople(context, transaction, people, origin);
  });
}
