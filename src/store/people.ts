/** Who is there already when somebody is created, and accounts that somebody is still to get. */
import { sql } from 'kysely';
import { comparableText } from '../scim/filter/comparable.ts';
import { keyOf } from '../scim/filter/operand.ts';
import { type Document, readAttribute } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { insertWaiting } from './insertResource.ts';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';
import { documentColumns } from './row.ts';
import type { Concerned, Terms } from './settle/concerned.ts';
import { concernedIn } from './settle/difference.ts';
import type { Difference } from './settle/expressions.ts';
import { compileWhere } from './where.ts';

/** A leaver who may be returning. */
export interface Leaver {
  readonly accountId: string;
  /** As they were when they left. */
  readonly document: Document;
  /** Still active, where their end is held. */
  readonly active: boolean;
}

/** Somebody who has the userName or an e-mail address of who is to be created. */
export interface Candidate {
  readonly id: string;
  readonly imported: boolean;
  readonly active: boolean;
  readonly by: 'userName' | 'email';
  readonly email?: string | undefined;
}

/**
 * The last account of whom the directory no longer knows, by userName or else by externalId; locked.
 */
export async function findLeaver(
  scope: Scope,
  type: ResourceType,
  document: Document,
): Promise<Leaver | undefined> {
  const { db, tenantId } = scope;
  const { key, external_id: externalId } = documentColumns(type, document);
  const by = (column: 'r.key' | 'r.external_id', value: string | null) =>
    db
      .selectFrom('rollcall_data.resources as r')
      .innerJoin('rollcall_data.accounts as a', (on) =>
        on
          .on('a.tenant_id', '=', tenantId)
          .onRef('a.id', '=', 'r.account_id')
          .onRef('a.resource_id', '=', 'r.id'),
      )
      .where('r.tenant_id', '=', tenantId)
      .where('r.type', '=', type.name)
      .where(column, '=', value)
      .where('r.deleted_at', 'is not', null)
      .orderBy('r.deleted_at', 'desc')
      .limit(1)
      .forUpdate('a')
      .select(['a.id as accountId', 'a.active', 'r.attributes as document'])
      .executeTakeFirst();
  return (await by('r.key', key)) ?? (externalId === null ? undefined : by('r.external_id', externalId));
}

/** Living users whose userName or, where asked for, whose e-mail address is that of the document. */
export async function findCandidates(
  { db, tenantId }: Scope,
  type: ResourceType,
  document: Document,
  emails: readonly string[],
): Promise<readonly Candidate[]> {
  const { keyAttribute } = type;
  const userName = keyAttribute && readAttribute(document, keyAttribute);
  const living = db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.type', '=', type.name)
    .where('r.deleted_at', 'is', null)
    .select(['r.id', 'r.imported', 'r.active']);
  if (keyAttribute && typeof userName === 'string') {
    const same = await living.where('r.key', '=', keyOf(keyAttribute, userName)).execute();
    if (same.length > 0) return same.map((row) => ({ ...row, by: 'userName' as const }));
  }
  const found: Candidate[] = [];
  const attribute = type.attributes.get('emails');
  const value = attribute?.subAttributes.get('value');
  if (!attribute || !value) return found;
  for (const email of emails) {
    const element = JSON.stringify({ emails: [{ value: comparableText(value, email) }] });
    const same = await living
      .where(sql<boolean>`${sql.ref('r.folded')} @> ${element}::jsonb`)
      .limit(2)
      .execute();
    found.push(...same.map((row) => ({ ...row, by: 'email' as const, email })));
  }
  return found;
}

/**
 * Gives accounts to those of the concerned who have none and are due one; what they are due is settled afterwards.
 * @returns how many
 */
export async function makeMissingAccounts(
  scope: Scope,
  type: ResourceType,
  concerned: Concerned,
  { admission }: Terms,
  newId: () => string,
  { at }: Origin,
): Promise<number> {
  const { db, tenantId } = scope;
  const without = concernedIn(db as unknown as Difference, tenantId, concerned)
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', 'in', (eb) => eb.selectFrom('concerned').select('concerned.id'))
    .where('r.type', '=', type.name)
    .where('r.deleted_at', 'is', null)
    .where('r.account_id', 'is', null)
    .select('r.id')
    .orderBy('r.id')
    .forNoKeyUpdate();
  const rows = await (admission
    ? without.where(compileWhere(tenantId, type, admission.filter))
    : without
  ).execute();
  for (const { id } of rows) {
    const accountId = newId();
    await db
      .updateTable('rollcall_data.resources as r')
      .set({ account_id: accountId })
      .where('r.tenant_id', '=', tenantId)
      .where('r.id', '=', id)
      .execute();
    await insertWaiting(scope, accountId, id, at);
  }
  return rows.length;
}
