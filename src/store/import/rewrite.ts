/** Accounts that were there before, brought to what an import says of them. */
import { sql } from 'kysely';
import type { Reason } from '../../provisioning/effect.ts';
import { emailOf } from '../../provisioning/emailOf.ts';
import type { KnownAccount } from '../../provisioning/importing.ts';
import { isActive } from '../../scim/resource/active.ts';
import { changedPaths } from '../../scim/resource/changedPaths.ts';
import { type Document, equal } from '../../scim/resource/document.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import type { Scope } from '../readResources.ts';
import type { ImportCause, ImportChange } from './feed.ts';
import { recordset } from './recordset.ts';

/** An account as it was and as it is to be. */
export interface Rewrite {
  readonly resourceId: string;
  /** Of the resource, afterwards. */
  readonly version: number;
  readonly before: Document;
  readonly document: Document;
  readonly account: KnownAccount;
  readonly applicationId: string | undefined;
  /** Whether the tenant lets the person have an account. */
  readonly admitted: boolean;
}

interface Row {
  id: string;
  resource_id: string;
  active: boolean;
  reason: 'suspended' | 'excluded' | null;
  user_name: string | null;
  email: string | null;
  application_id: string | null;
}

/** How the account is to stand. */
export function stateOf(
  type: ResourceType,
  { document, admitted }: Rewrite,
): { readonly active: boolean; readonly reason: Reason | null } {
  if (!admitted) return { active: false, reason: 'excluded' };
  return isActive(type, document) ? { active: true, reason: null } : { active: false, reason: 'suspended' };
}

/** Writes the accounts, in one statement. */
export async function rewriteAccounts(
  { db, tenantId }: Scope,
  type: ResourceType,
  people: readonly Rewrite[],
  { at }: ImportCause,
): Promise<void> {
  if (people.length === 0) return;
  const rows = people.map((person) =>
    JSON.stringify({
      id: person.account.id,
      resource_id: person.resourceId,
      ...stateOf(type, person),
      user_name: person.document['userName'],
      email: emailOf(person.document),
      application_id: person.applicationId ?? person.account.applicationId,
    }),
  );
  const columns =
    'id uuid, resource_id uuid, active boolean, reason text, user_name text, email text, application_id text';
  await db
    .updateTable('rollcall_data.accounts as a')
    .from(recordset<Row>(rows, columns))
    .set((eb) => ({
      resource_id: eb.ref('x.resource_id'),
      active: eb.ref('x.active'),
      reason: eb.ref('x.reason'),
      user_name: eb.ref('x.user_name'),
      email: eb.ref('x.email'),
      application_id: eb.ref('x.application_id'),
      deprovisioned_at: null,
      modified_at: at,
    }))
    .where('a.tenant_id', '=', tenantId)
    .where(sql<boolean>`${sql.ref('a.id')} = ${sql.ref('x.id')}`)
    .execute();
}

/** What the feed is to be told of one: how the account stands, and then what its attributes are. */
export function accountChanges(type: ResourceType, person: Rewrite): ImportChange[] {
  const { resourceId: resource_id, version, before, document, account } = person;
  const about = { resource_id, account_id: account.id, version };
  const state = stateOf(type, person);
  const changes: ImportChange[] = [];
  if (state.active !== account.active || state.reason !== account.reason) {
    changes.push({
      kind: `account.${state.active ? 'reactivated' : state.reason}`,
      ...about,
      paths: equal(before['active'], document['active']) ? [] : ['active'],
      before: { active: account.active, reason: account.reason },
      after: { active: state.active, reason: state.reason },
    });
  }
  const paths = changedPaths(before, document).filter((path) => path !== 'active');
  if (paths.length > 0) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(document)])].filter(
      (name) => name !== 'active' && !equal(before[name], document[name]),
    );
    const only = (whole: Document) =>
      Object.fromEntries(names.filter((name) => name in whole).map((name) => [name, whole[name]]));
    changes.push({
      kind: 'account.updated',
      ...about,
      paths,
      before: only(before),
      after: only(document),
    });
  }
  return changes;
}
