/** Where a group leads, as an admin says it. */
import { roleNamed } from '../provisioning/roles.ts';
import { invalidValue, notFound } from '../scim/errors.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Transaction } from '../store/directory.ts';
import type { Locked } from '../store/writeResources.ts';
import type { TenantContext } from './context.ts';
import { groupName, mapGroup } from './mapGroup.ts';
import { originOf } from './origin.ts';
import { settle } from './settle.ts';

/**
 * Links a group to an organization, in the place of what the mapping says; beside what was linked by hand before.
 * @throws ScimError notFound, invalidValue for a role that is not declared
 */
export async function link(
  context: TenantContext,
  groupId: string,
  organizationId: string,
  role: string | null,
): Promise<void> {
  const declared = role === null ? null : roleNamed(context.provisioning, role);
  if (declared === undefined) {
    throw invalidValue(
      `The role ${JSON.stringify(role)} is not declared; declare it in the tenant's "roles" first.`,
    );
  }
  await relink(context, groupId, async ({ organizations }, group) => {
    if (!(await organizations.exists(organizationId))) throw noSuchOrganization();
    const { byHand, links } = await organizations.linksOf(group.id);
    const mapped = byHand ? [] : links.map((one) => one.organizationId).filter((id) => id !== organizationId);
    await organizations.dropLinks(group.id, mapped);
    await organizations.restore(organizationId, originOf(context, context.now()));
    await organizations.setLink(group.id, organizationId, declared, context.now());
    await organizations.linkByHand(group.id, true);
    return { touched: [...mapped, organizationId], left: mapped };
  });
}

/**
 * Ends a link. A group whose link the mapping has made then leads nowhere, until it is given back to the mapping.
 * @throws ScimError notFound
 */
export function unlink(context: TenantContext, groupId: string, organizationId: string): Promise<void> {
  return relink(context, groupId, async (transaction, group, name) => {
    const { organizations } = transaction;
    const { byHand, links } = await organizations.linksOf(group.id);
    if (!links.some((one) => one.organizationId === organizationId)) {
      throw notFound('The group is not linked to this organization.');
    }
    await organizations.dropLinks(group.id, [organizationId]);
    const left = [organizationId];
    if (!byHand) {
      await organizations.linkByHand(group.id, true);
      return { touched: left, left };
    }
    if (links.length > 1) return { touched: left, left };
    return backToMapping(context, transaction, group, name, left);
  });
}

/** Gives a group back to the mapping. @throws ScimError notFound */
export function unlinkAll(context: TenantContext, groupId: string): Promise<void> {
  return relink(context, groupId, async (transaction, group, name) => {
    const { byHand, links } = await transaction.organizations.linksOf(group.id);
    if (!byHand) return { touched: [], left: [] };
    const left = links.map((one) => one.organizationId);
    await transaction.organizations.dropLinks(group.id, left);
    return backToMapping(context, transaction, group, name, left);
  });
}

async function backToMapping(
  context: TenantContext,
  transaction: Transaction,
  group: Locked,
  name: string | undefined,
  dropped: readonly string[],
) {
  await transaction.organizations.linkByHand(group.id, false);
  if (name === undefined) return { touched: dropped, left: dropped };
  const origin = originOf(context, context.now());
  const { touched } = await mapGroup(context, transaction, group.id, name, origin);
  return {
    touched: [...new Set([...dropped, ...touched])],
    left: dropped.filter((id) => !touched.includes(id)),
  };
}

type Relinked = { readonly touched: readonly string[]; readonly left: readonly string[] };

/** Changes a group's links, and settles what follows for everybody in it. */
function relink(
  context: TenantContext,
  groupId: string,
  work: (transaction: Transaction, group: Locked, name: string | undefined) => Promise<Relinked>,
): Promise<void> {
  return context.directory.transaction(async (transaction) => {
    const found = await lockGroup(context, transaction, groupId);
    await transaction.lockStructure('changed');
    const { touched, left } = await work(
      transaction,
      found.group,
      groupName(found.type, found.group.document),
    );
    const origin = originOf(context, context.now());
    if (touched.length > 0) {
      const concerned = { ids: [found.group.id], nested: true, organizations: touched };
      await settle(context, transaction, concerned, origin);
    }
    await transaction.organizations.archiveLeft(left, origin);
  });
}

async function lockGroup(
  { types }: TenantContext,
  transaction: Transaction,
  id: string,
): Promise<{ group: Locked; type: ResourceType }> {
  for (const type of types.values()) {
    const group = hasMembers(type) ? await transaction.lock(type, id) : undefined;
    if (group) return { group, type };
  }
  throw notFound('There is no group of this id.');
}

const noSuchOrganization = () => notFound('There is no organization of this id.');
