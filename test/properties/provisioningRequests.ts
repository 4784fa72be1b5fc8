/** Operations as requests, and as what the model makes of them. */
import {
  type Attributes,
  ENTERPRISE,
  type Organization,
  type ProvisioningModel,
  type Verdict,
} from '../support/provisioningModel.ts';
import type { Given, Operation, Single, World } from './provisioningOperations.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';

/** One request, and what the model makes of it. */
export interface Request {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Of the SCIM API, unless it is an admin's. */
  readonly url: string;
  readonly admin?: boolean;
  readonly body?: object;
  /** @param id of what the request has made */
  readonly apply: (model: ProvisioningModel, id: string) => Verdict;
  /** Of a bulk request, whose answer has a status for each. */
  readonly parts?: readonly Request[];
}

/**
 * The request of an operation.
 * @param organizationId where the model's organizations are found
 * @returns undefined when there is nobody and nothing that it could be about
 */
export function requestOf(
  operation: Exclude<Operation, { kind: 'check' }>,
  model: ProvisioningModel,
  world: World,
  organizationId: (organization: Organization) => string,
): Request | undefined {
  const tenant = '/tenants/{slug}';
  switch (operation.kind) {
    case 'bulk':
      return bulkOf(operation, model, world);
    case 'link': {
      const group = pick([...model.groups.values()], operation.at);
      const organization = pick(model.organizations, operation.organization) as Organization;
      const role = world.stored.roles ? operation.role : null;
      return (
        group && {
          method: 'PUT',
          admin: true,
          url: `${tenant}/links/${group.id}/${organizationId(organization)}`,
          body: { role },
          apply: () => model.link(group.id, organization, role),
        }
      );
    }
    case 'unlink': {
      const link = pick(
        model.links.filter(({ manual }) => manual),
        operation.at,
      );
      return (
        link && {
          method: 'DELETE',
          admin: true,
          url: `${tenant}/links/${link.group.id}/${organizationId(link.organization)}`,
          apply: () => model.unlink(link.group.id, link.organization),
        }
      );
    }
    default:
      return singleOf(operation, model, world);
  }
}

function singleOf(operation: Single, model: ProvisioningModel, { groupNames }: World): Request | undefined {
  const users = model.livingUsers();
  const groups = [...model.groups.values()];
  const nameAt = (n: number): string => groupNames[n % groupNames.length] as string;
  const idsOf = (picks: readonly number[]): string[] => {
    const all = [...users, ...groups].map(({ id }) => id);
    return [...new Set(picks.map((n) => pick(all, n)).filter((id) => id !== undefined))];
  };
  if (operation.kind === 'createUser') {
    const { userName } = operation;
    const attributes = attributesOf({ userName, ...operation.document }, model);
    const body = { schemas: [USER], ...attributes };
    return { method: 'POST', url: '/Users', body, apply: (to, id) => to.createUser(id, attributes) };
  }
  if (operation.kind === 'createGroup') {
    const displayName = nameAt(operation.groupName);
    const ids = idsOf(operation.who);
    const body = { schemas: [GROUP], displayName, members: references(ids) };
    return { method: 'POST', url: '/Groups', body, apply: (to, id) => to.createGroup(id, displayName, ids) };
  }
  if ('at' in operation && /User|Active/.test(operation.kind)) {
    const user = pick(users, operation.at);
    return user && userRequest(operation as UserOperation, user, model);
  }
  const group = pick(groups, operation.at);
  if (!group) return undefined;
  const url = `/Groups/${group.id}`;
  const { id } = group;
  switch (operation.kind) {
    case 'deleteGroup':
      return { method: 'DELETE', url, apply: (to) => to.deleteGroup(id) };
    case 'renameGroup': {
      const name = nameAt(operation.groupName);
      const body = patchOf([{ op: 'replace', path: 'displayName', value: name }]);
      return { method: 'PATCH', url, body, apply: (to) => to.renameGroup(id, name) };
    }
    case 'nest': {
      const inner = idsOf([users.length + (operation.inner % groups.length)]);
      return membersRequest(id, operation.how, inner);
    }
    case 'members': {
      const ids = idsOf(operation.who);
      if (operation.how !== 'put') return membersRequest(id, operation.how, ids);
      const { name } = group;
      const body = { schemas: [GROUP], displayName: name, members: references(ids) };
      // In a bulk request the group may have another name by then.
      const apply = (to: ProvisioningModel): Verdict => {
        const edited = to.editMembers(id, 'set', ids);
        return edited === 'done' ? to.renameGroup(id, name) : edited;
      };
      return { method: 'PUT', url, body, apply };
    }
    default:
      return undefined;
  }
}

type UserOperation = Extract<
  Single,
  { kind: 'patchUser' | 'putUser' | 'renameUser' | 'setActive' | 'deleteUser' }
>;

function userRequest(
  operation: UserOperation,
  user: { readonly id: string; readonly attributes: Attributes },
  model: ProvisioningModel,
): Request {
  const { id } = user;
  const url = `/Users/${id}`;
  switch (operation.kind) {
    case 'deleteUser':
      return { method: 'DELETE', url, apply: (to) => to.deleteUser(id) };
    case 'putUser': {
      const { userName } = user.attributes;
      const attributes = attributesOf({ userName, ...operation.document }, model, id);
      const body = { schemas: [USER], ...attributes };
      return { method: 'PUT', url, body, apply: (to) => to.putUser(id, attributes) };
    }
    case 'renameUser':
      return userPatch(id, { userName: operation.userName }, []);
    case 'setActive':
      return userPatch(id, { active: operation.active }, []);
    case 'patchUser':
      return userPatch(id, attributesOf(operation.set, model, id), operation.unset);
  }
}

function userPatch(id: string, set: Attributes, unset: readonly string[]): Request {
  const { [ENTERPRISE]: extension = {}, ...plain } = set;
  const own = extension as Attributes;
  const gone = unset.filter((name) => !(name in plain) && !(name in own));
  const path = (name: string): string => (isExtended(name) ? `${ENTERPRISE}:${name}` : name);
  const operations = [
    ...Object.entries({ ...plain, ...own }).map(([name, value]) => ({
      op: 'replace',
      path: path(name),
      value,
    })),
    ...gone.map((name) => ({ op: 'remove', path: path(name) })),
  ];
  const change = (was: Attributes): Attributes => {
    const without = (from: object): Attributes =>
      Object.fromEntries(Object.entries(from).filter(([name]) => !gone.includes(name)));
    const extended = { ...without(was[ENTERPRISE] ?? {}), ...own };
    const container = Object.keys(extended).length > 0 ? extended : undefined;
    // RFC 7644 §3.5.2.3: of a complex attribute only what is given is replaced.
    const name = plain['name'] ? { ...(was['name'] as object), ...plain['name'] } : undefined;
    return { ...without(was), ...plain, ...(name && { name }), [ENTERPRISE]: container };
  };
  // A PATCH has at least one operation.
  const sent = operations.length > 0 ? operations : [{ op: 'remove', path: 'nickName' }];
  return {
    method: 'PATCH',
    url: `/Users/${id}`,
    body: patchOf(sent),
    apply: (to) => to.patchUser(id, change),
  };
}

function membersRequest(id: string, how: 'add' | 'remove' | 'set', ids: readonly string[]): Request {
  const operations =
    how === 'remove'
      ? ids.map((member) => ({ op: 'remove', path: `members[value eq "${member}"]` }))
      : [{ op: how === 'set' ? 'replace' : 'add', path: 'members', value: references(ids) }];
  const sent = operations.length > 0 ? operations : [{ op: 'add', path: 'members', value: [] }];
  const apply = (to: ProvisioningModel): Verdict => to.editMembers(id, how, ids);
  return { method: 'PATCH', url: `/Groups/${id}`, body: patchOf(sent), apply };
}

function bulkOf(
  { parts, team }: Extract<Operation, { kind: 'bulk' }>,
  model: ProvisioningModel,
  world: World,
): Request {
  const requests = parts.map((part) => singleOf(part, model, world)).filter((part) => part !== undefined);
  if (team) {
    const { groupNames } = world;
    const displayName = groupNames[team.groupName % groupNames.length] as string;
    const first = singleOf({ kind: 'createUser', ...team }, model, world) as Request;
    let user: string | undefined;
    const create: Request['apply'] = (to, id) => {
      const verdict = first.apply(to, id);
      user = verdict === 'done' ? id : undefined;
      return verdict;
    };
    const group = { schemas: [GROUP], displayName, members: [{ value: `bulkId:${requests.length}` }] };
    const join: Request['apply'] = (to, id) => (user ? to.createGroup(id, displayName, [user]) : 400);
    requests.push({ ...first, apply: create }, { method: 'POST', url: '/Groups', body: group, apply: join });
  }
  const operations = requests.map(({ method, url, body }, n) => ({
    method,
    path: url,
    ...(method === 'POST' && { bulkId: String(n) }),
    ...(body && { data: body }),
  }));
  const body = { schemas: [`${MESSAGES}:BulkRequest`], Operations: operations };
  return { method: 'POST', url: '/Bulk', body, apply: () => 'done', parts: requests };
}

function attributesOf(
  given: Given & { userName?: unknown },
  model: ProvisioningModel,
  self?: string,
): Attributes {
  const { department, manager, ...plain } = given;
  const others = model.livingUsers().filter(({ id }) => id !== self);
  const chief = manager === undefined ? undefined : pick(others, manager);
  const extension = { ...(department && { department }), ...(chief && { manager: { value: chief.id } }) };
  return { ...plain, ...(Object.keys(extension).length > 0 && { [ENTERPRISE]: extension }) };
}

const isExtended = (name: string): boolean => name === 'department' || name === 'manager';
const references = (ids: readonly string[]): object[] => ids.map((value) => ({ value }));
const patchOf = (operations: readonly object[]): object => ({
  schemas: [`${MESSAGES}:PatchOp`],
  Operations: operations,
});

function pick<T>(from: readonly T[], n: number): T | undefined {
  return from[n % Math.max(1, from.length)];
}
