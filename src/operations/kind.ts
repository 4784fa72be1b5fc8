/** What is special about some resource types. */
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Context } from './context.ts';

/** A type that says who may come in has accounts: the one whose resources are known by userName. */
export function hasAccounts({ keyAttribute }: ResourceType): boolean {
  return keyAttribute?.key === 'username';
}

/** Whether several resources of the type may have one key: groups, where the tenant allows it. */
export function mayHaveTwins(type: ResourceType, { allowDuplicateGroupNames }: Context): boolean {
  return allowDuplicateGroupNames && hasMembers(type);
}
