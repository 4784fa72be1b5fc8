/** Writing the document of a resource that was read or locked. */
import { type QueryCreator, sql } from 'kysely';
import type { ChangeKind } from '../provisioning/effect.ts';
import type { Images } from '../provisioning/image.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Origin } from './origin.ts';
import { type Rewriting, rewriting } from './rewriting.ts';
import { type AccountColumns, accountColumns, documentColumns } from './row.ts';
import type { Terms } from './settle/concerned.ts';
import { lockPerson } from './settle/lock.ts';
import { writePerson } from './settle/person.ts';
import { shaped, statement } from './statement.ts';
import type { Database } from './tables.ts';
import { run, type TenantScope } from './tenantScope.ts';
import type { TransactionScope } from './transaction.ts';
import type { Readable } from './writeResources.ts';

/** What becomes of a resource. */
export interface Update {
  readonly document: Document;
  readonly ownRole: string | null;
  readonly paths: readonly string[];
  /**
   * What the application is told: of a resource that is nobody's account, of the person's attributes at once, or nothing
   * yet, because settling tells it. `frozen`: the application goes on to see the attributes that it has seen so far.
   */
  readonly tells:
    | { readonly kind: 'resource' | 'nothing' | 'frozen' }
    | { readonly kind: 'account'; readonly images: Images };
}

type WithResource = Database & { resource: { id: string } };

interface Updating extends Rewriting, AccountColumns {
  readonly account_id: string | null;
  /** What the application goes on to see. */
  readonly frozen: string;
  readonly actor: Origin['actor'];
  readonly token_id: string | null;
  readonly request_id: string;
  readonly kind: ChangeKind;
  readonly type: string;
  readonly told_account_id: string | null;
  readonly paths: string[];
  readonly before: string | null;
  readonly after: string | null;
}

const updating = shaped(
  (tells: Update['tells']['kind']) => tells,
  (tells) =>
    statement<Updating, { id: string }>(({ db, tenantId, slot }) => {
      const base = db.with('resource', () => rewriting(db, { tenantId, slot }).returning('r.id'));
      let whole = base;
      if (tells === 'account') {
        whole = base.with('account', (qb: QueryCreator<WithResource>) =>
          qb
            .updateTable('rollcall_data.accounts as a')
            .from('resource as r')
            .set({
              user_name: slot('user_name'),
              email: slot('email'),
              modified_at: slot('at'),
            })
            .where('a.tenant_id', '=', tenantId)
            .where('a.id', '=', slot('account_id'))
            .returning('a.id'),
        ) as typeof whole;
      } else if (tells === 'frozen') {
        whole = whole.with('account', (qb: QueryCreator<WithResource>) =>
          qb
            .updateTable('rollcall_data.accounts as a')
            .set({ frozen: sql`coalesce(${sql.ref('a.frozen')}, ${slot('frozen')}::jsonb)` })
            .where('a.tenant_id', '=', tenantId)
            .where('a.id', '=', slot('account_id'))
            .returning('a.id'),
        ) as typeof whole;
      }
      if (tells === 'account' || tells === 'resource') {
        whole = whole.with('change', (qb: QueryCreator<WithResource>) =>
          qb
            .insertInto('rollcall_data.changes')
            .columns([
              ...(['tenant_id', 'at', 'actor', 'token_id', 'request_id', 'kind', 'resource_type'] as const),
              ...(['resource_id', 'account_id', 'version', 'paths', 'before', 'after'] as const),
            ])
            .expression((eb) =>
              eb
                .selectFrom('resource as r')
                .select((own) => [
                  own.val(tenantId).as('tenant_id'),
                  sql<Date>`${slot('at')}::timestamptz`.as('at'),
                  sql<Origin['actor']>`${slot('actor')}::text`.as('actor'),
                  sql<string | null>`${slot('token_id')}::uuid`.as('token_id'),
                  sql<string>`${slot('request_id')}::text`.as('request_id'),
                  sql<ChangeKind>`${slot('kind')}::text`.as('kind'),
                  sql<string>`${slot('type')}::text`.as('resource_type'),
                  own.ref('r.id').as('resource_id'),
                  sql<string | null>`${slot('told_account_id')}::uuid`.as('account_id'),
                  sql<number>`${slot('version')}::integer`.as('version'),
                  sql<string[]>`${slot('paths')}::text[]`.as('paths'),
                  sql<string | null>`${slot('before')}::jsonb`.as('before'),
                  sql<string | null>`${slot('after')}::jsonb`.as('after'),
                ]),
            )
            .returning('seq'),
        ) as typeof whole;
      }
      return whole.selectFrom('resource').select('id');
    }),
);

/**
 * Writes the document of a resource, in one statement: the version goes up by one.
 * @returns false, and does nothing, when the resource has changed since it was read, which none does that is locked
 */
export async function updateResource(
  scope: TenantScope,
  type: ResourceType,
  read: Readable,
  { document, ownRole, paths, tells }: Update,
  origin: Origin,
): Promise<boolean> {
  const images = tells.kind === 'account' ? tells.images : undefined;
  const [written] = await run(scope, updating(tells.kind), {
    ...documentColumns(type, document),
    ...accountColumns(document),
    id: read.id,
    own_role: ownRole,
    seen: read.version,
    version: read.version + 1,
    at: origin.at,
    account_id: read.accountId,
    frozen: tells.kind === 'frozen' ? JSON.stringify(read.document) : '{}',
    actor: origin.actor,
    token_id: origin.tokenId,
    request_id: origin.requestId,
    kind: images ? 'account.updated' : 'resource.updated',
    type: type.name,
    told_account_id: images ? read.accountId : null,
    paths: [...paths],
    before: images ? JSON.stringify(images.before) : null,
    after: images ? JSON.stringify(images.after) : null,
  });
  return written !== undefined;
}

/**
 * Writes somebody who is suspended or comes back, and what that means for their account: the locks, and then all of it
 * in one statement. Nothing needs to be locked beforehand; nothing can be sent behind it.
 * @returns false, and does nothing, when there is more to it: they have changed since they were read, or something waits
 */
export async function turnPerson(
  scope: TransactionScope,
  type: ResourceType,
  read: Readable & { readonly accountId: string },
  { document, ownRole, paths, tells }: Update,
  terms: Terms,
  origin: Origin,
): Promise<boolean> {
  const images = tells.kind === 'account' ? tells.images : undefined;
  const person = {
    ...documentColumns(type, document),
    ...accountColumns(document),
    id: read.id,
    type: type.name,
    seen: read.version,
    version: read.version + 1,
    own_role: ownRole,
    account_id: read.accountId,
    paths: images ? [...paths] : null,
    before: images ? JSON.stringify(images.before) : null,
    after: images ? JSON.stringify(images.after) : null,
    at: origin.at,
    actor: origin.actor,
    token_id: origin.tokenId,
    request_id: origin.requestId,
  };
  // The second statement sees what those have committed for whom the first has waited.
  const locked = lockPerson(scope, read.id, read.version);
  const written = writePerson(scope, person, terms);
  const [, done] = await Promise.all([locked, written, scope.commit()]);
  return done;
}
