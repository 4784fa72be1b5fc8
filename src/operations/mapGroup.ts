/** Leads a group to the organization that its name means. */
import { type Target, targetOf } from '../provisioning/mapping.ts';
import { type Document, readAttribute } from '../scim/resource/document.ts';
import { fold } from '../scim/schema/fold.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Transaction } from '../store/directory.ts';
import type { Link } from '../store/organizations.ts';
import type { Origin } from '../store/origin.ts';
import type { SettlingContext } from './context.ts';

/** What a mapping changed. */
export interface Mapped {
  /** Organizations that the group did not lead to before, or leads to with another role, or does not any more. */
  readonly touched: readonly string[];
  /** Those of them that it does not lead to any more. */
  readonly left: readonly string[];
}

const NOTHING: Mapped = Object.freeze({ touched: [], left: [] });

/** What a group is called; undefined for what is no group. */
export function groupName(type: ResourceType, document: Document): string | undefined {
  const name = hasMembers(type) && type.keyAttribute ? readAttribute(document, type.keyAttribute) : undefined;
  return typeof name === 'string' ? name : undefined;
}

/**
 * Makes the group's link what the mapping says, unless an admin has made it. The structure is locked; what follows for
 * members is still to be settled, and organizations that were left are still to be archived.
 */
export async function mapGroup(
  context: SettlingContext,
  { organizations, holds }: Transaction,
  groupId: string,
  name: string,
  origin: Origin,
): Promise<Mapped> {
  // Its turn comes when the pause ends.
  if (context.paused || (await holds.openHold('pause'))) return NOTHING;
  const { byHand, links } = await organizations.linksOf(groupId);
  if (byHand) return NOTHING;
  const target = targetOf(context.provisioning, name);
  const organizationId = await organizationFor(context, organizations, target, name, links, origin);
  const role = target.kind === 'rule' ? target.role : null;
  const left = links.map((link) => link.organizationId).filter((id) => id !== organizationId);
  if (left.length > 0) await organizations.dropLinks(groupId, left);
  if (organizationId === undefined) return { touched: left, left };
  await organizations.restore(organizationId, origin);
  const before = links.find((link) => link.organizationId === organizationId);
  if (before && before.role === role) return { touched: left, left };
  await organizations.setLink(groupId, organizationId, role, origin.at);
  return { touched: [...left, organizationId], left };
}

async function organizationFor(
  { newId }: SettlingContext,
  organizations: Transaction['organizations'],
  target: Target,
  called: string,
  links: readonly Link[],
  origin: Origin,
): Promise<string | undefined> {
  if (target.kind === 'none') return undefined;
  const name = target.kind === 'own' ? called : target.organization;
  if (name === null) return organizations.defaultId();
  const now = links.find(({ isDefault }) => !isDefault);
  if (now && (fold(now.name) === fold(name) || now.exclusive)) {
    const other = await organizations.named(name);
    // An organization follows the group that alone leads to it, unless there is one of that name.
    if (other === undefined || other === now.organizationId) {
      if (now.exclusive) await organizations.rename(now.organizationId, name, origin);
      return now.organizationId;
    }
  }
  return organizations.make(newId(), name, origin);
}
