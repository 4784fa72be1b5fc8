/** Accounts that existed before the identity provider was connected, a batch at a time. */
import { type Conflict, decideImport } from '../provisioning/importing.ts';
import { conflict as refusal } from '../scim/errors.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Connection } from './connection.ts';
import { Retryable, retrying, translate, UniqueViolation } from './errors.ts';
import type { ImportCause } from './import/feed.ts';
import { findGone, findLiving, findOwners, readSettings } from './import/find.ts';
import { insertPeople, type NewPerson } from './import/insert.ts';
import { learn } from './import/learn.ts';
import { type ChangedPerson, updatePeople } from './import/update.ts';
import type { Scope } from './readResources.ts';

/** A line of a file. */
export interface ImportLine {
  readonly line: number;
  /** The userName as it is compared. */
  readonly key: string;
  readonly document: Document;
  readonly applicationId: string | undefined;
}

export interface ImportBatch extends ImportCause {
  readonly type: ResourceType;
  /** Each userName once. */
  readonly lines: readonly ImportLine[];
  /** Whether it is only asked what would happen. */
  readonly dryRun: boolean;
  readonly newId: () => string;
}

export interface ImportOutcome {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly conflicts: readonly { readonly line: ImportLine; readonly conflict: Conflict }[];
}

export interface ImportStore {
  /** @throws ScimError 409 when the tenant is paused */
  refusePaused(tenantId: string): Promise<void>;
  /**
   * Imports a batch as one transaction, again when others were faster.
   * @throws ScimError 409 when the tenant is paused, 503 when the database is away
   */
  import(tenantId: string, batch: ImportBatch): Promise<ImportOutcome>;
  /** To be called when many have been created. */
  learn(): Promise<void>;
}

/**
 * Carries out what more follows from imported resources than an import itself knows: of groups that they are in, and
 * of roles that they have themselves.
 */
export type Settle = (scope: Scope, resourceIds: readonly string[], cause: ImportCause) => Promise<void>;

/** How often a batch is tried that loses against what the identity provider does at the same time. */
const ATTEMPTS = 5;

export function importStore(connection: Pick<Connection, 'scopeOf' | 'pool'>, settle?: Settle): ImportStore {
  const scopeOf = (tenantId: string): Scope => ({
    ...connection.scopeOf(tenantId),
    byName: new Map(),
  });
  return {
    learn: () => learn(connection),
    async refusePaused(tenantId) {
      const { paused } = await retrying(() => readSettings(scopeOf(tenantId)), ATTEMPTS, 'read');
      if (paused) throw isPaused();
    },
    import: (tenantId, batch) => {
      const scope = scopeOf(tenantId);
      const run = () =>
        scope.db
          .transaction()
          .execute((db) => importBatch({ db, tenantId, byName: new Map() }, batch, settle))
          .catch(lostRace);
      return retrying(run, ATTEMPTS);
    },
  };
}

const isPaused = () =>
  refusal('The tenant is paused, so that nothing reaches its accounts: resume it, then import.');

/** Somebody has taken a userName or applicationId since the batch looked: it will see that the next time. */
function lostRace(thrown: unknown): never {
  const error = translate(thrown);
  throw error instanceof UniqueViolation ? new Retryable(error) : thrown;
}

async function importBatch(
  scope: Scope,
  batch: ImportBatch,
  settle: Settle | undefined,
): Promise<ImportOutcome> {
  const { type, dryRun, newId } = batch;
  const settings = await readSettings(scope);
  if (settings.paused) throw isPaused();

  // Sorted, so that two imports of the same people take turns instead of waiting for each other.
  const lines = [...batch.lines].sort((left, right) => (left.key < right.key ? -1 : 1));
  const keys = lines.map(({ key }) => key);
  const living = await findLiving(scope, type, keys);
  const missing = keys.filter((key) => !living.has(key));
  const gone = missing.length === 0 ? new Map<string, never>() : await findGone(scope, type, missing);
  const owners = await findOwners(
    scope,
    lines.flatMap(({ applicationId }) => (applicationId === undefined ? [] : [applicationId])),
  );

  const added: NewPerson[] = [];
  const changed: ChangedPerson[] = [];
  const conflicts: ImportOutcome['conflicts'][number][] = [];
  let unchanged = 0;
  for (const line of lines) {
    const { key, document, applicationId } = line;
    const owner = applicationId === undefined ? undefined : owners.get(applicationId);
    const decision = decideImport(line, { living: living.get(key), gone: gone.get(key), owner });
    let account: string | undefined;
    switch (decision.kind) {
      case 'create':
      case 'return': {
        const known = decision.kind === 'return' ? decision.gone : undefined;
        account = known?.account.id ?? newId();
        added.push({ resourceId: newId(), accountId: account, document, applicationId, gone: known });
        break;
      }
      case 'update':
        account = decision.living.account?.id;
        changed.push({ living: decision.living, document, applicationId });
        break;
      case 'unchanged':
        unchanged += 1;
        break;
      case 'conflict':
        conflicts.push({ line, conflict: decision.conflict });
    }
    if (applicationId !== undefined && account !== undefined)
      owners.set(applicationId, { account, userName: String(document['userName']) });
  }
  if (!dryRun) {
    await insertPeople(scope, type, added, settings, batch);
    await updatePeople(scope, type, changed, settings, batch);
    const ownRoles = settings.provisioning.userRoles === 'ignored' ? [] : added;
    const more = [
      ...changed.map(({ living: { id } }) => id),
      ...ownRoles.map(({ resourceId }) => resourceId),
    ];
    if (more.length > 0) await settle?.(scope, more, batch);
  }
  return { created: added.length, updated: changed.length, unchanged, conflicts };
}
