/** New settings that are still to be carried out, for all tenants. */
import { sql } from 'kysely';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Connection } from './connection.ts';
import type { Scope } from './readResources.ts';
import { documentColumns } from './row.ts';
import type { RecomputationsTable } from './tables.ts';

export type Stage = 'groups' | 'users';

/** A piece of work, and how far it has come. */
export interface Recomputation {
  readonly tenantId: string;
  readonly id: string;
  readonly stage: Stage;
  readonly after: string | null;
}

export interface RecomputationStore {
  /** What can be worked on; of one tenant or of any. */
  next(now: Date, tenantId?: string): Promise<Recomputation | undefined>;
  pending(
    tenantId: string,
  ): Promise<readonly (Recomputation & { readonly requestedAt: Date; readonly notBefore: Date })[]>;
}

/** How long it takes until every server works with new settings, in milliseconds: it is all done once more then. */
const KNOWN_EVERYWHERE = 10_000;

/** Notes, in the transaction of new settings, that they are to be carried out. */
export async function requestRecomputation(
  db: Pick<Scope['db'], 'insertInto'>,
  tenantId: string,
  at: Date,
): Promise<void> {
  await db
    .insertInto('rollcall_data.recomputations')
    .values(
      [0, KNOWN_EVERYWHERE].map((wait) => ({
        tenant_id: tenantId,
        id: sql<string>`gen_random_uuid()`,
        requested_at: at,
        not_before: new Date(at.getTime() + wait),
      })),
    )
    .execute();
}

export function recomputationStore({ db }: Connection): RecomputationStore {
  return Object.freeze<RecomputationStore>({
    async next(now, tenantId) {
      const due = db
        .selectFrom('rollcall_data.recomputations')
        .where('not_before', '<=', now)
        .orderBy('requested_at')
        .orderBy('id')
        .limit(1)
        .selectAll();
      const row = await (tenantId === undefined
        ? due
        : due.where('tenant_id', '=', tenantId)
      ).executeTakeFirst();
      return row && toRecomputation(row);
    },

    async pending(tenantId) {
      const rows = await db
        .selectFrom('rollcall_data.recomputations')
        .where('tenant_id', '=', tenantId)
        .orderBy('requested_at')
        .orderBy('id')
        .selectAll()
        .execute();
      return rows.map((row) => ({
        ...toRecomputation(row),
        requestedAt: row.requested_at,
        notBefore: row.not_before,
      }));
    },
  });
}

type Row = Omit<RecomputationsTable, 'stage' | 'after_id'> & { stage: Stage; after_id: string | null };

function toRecomputation({ tenant_id, id, stage, after_id }: Row): Recomputation {
  return { tenantId: tenant_id, id, stage, after: after_id };
}

/** A recomputation within a transaction that does a part of it. */
export interface RecomputationStep {
  /** As it is now, locked; undefined when another server is at it, or has done it. */
  lock(id: string): Promise<Recomputation | undefined>;
  moveTo(id: string, stage: Stage, after: string | null): Promise<void>;
  finish(id: string): Promise<void>;
  request(at: Date): Promise<void>;
  documents(
    ids: readonly string[],
  ): Promise<readonly { id: string; document: Document; ownRole: string | null }[]>;
  setOwnRole(id: string, role: string | null): Promise<void>;
  /** Drops what is not synchronised any more; settling tells it. */
  setDocument(type: ResourceType, id: string, document: Document): Promise<void>;
}

export function recomputationStep({ db, tenantId }: Scope): RecomputationStep {
  return {
    async lock(id) {
      const row = await db
        .selectFrom('rollcall_data.recomputations as c')
        .where('c.tenant_id', '=', tenantId)
        .where('c.id', '=', id)
        .selectAll()
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      return row && toRecomputation(row);
    },
    async moveTo(id, stage, after) {
      await db
        .updateTable('rollcall_data.recomputations as c')
        .set({ stage, after_id: after })
        .where('c.tenant_id', '=', tenantId)
        .where('c.id', '=', id)
        .execute();
    },
    async finish(id) {
      await db
        .deleteFrom('rollcall_data.recomputations as c')
        .where('c.tenant_id', '=', tenantId)
        .where('c.id', '=', id)
        .execute();
    },
    request: (at) => requestRecomputation(db, tenantId, at),
    async documents(ids) {
      return db
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', sql<string>`any(${ids}::uuid[])`)
        .where('r.deleted_at', 'is', null)
        .orderBy('r.id')
        .forNoKeyUpdate()
        .select(['r.id', 'r.attributes as document', 'r.own_role as ownRole'])
        .execute();
    },
    async setOwnRole(id, role) {
      await db
        .updateTable('rollcall_data.resources as r')
        .set({ own_role: role })
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', id)
        .execute();
    },

    async setDocument(type, id, document) {
      const { attributes, folded } = documentColumns(type, document);
      await db
        .with('old', (qb) =>
          qb
            .selectFrom('rollcall_data.resources as r')
            .where('r.tenant_id', '=', tenantId)
            .where('r.id', '=', id)
            .select(['r.account_id', 'r.attributes']),
        )
        .with('frozen', (qb) =>
          qb
            .updateTable('rollcall_data.accounts as a')
            .from('old')
            .set({ frozen: sql`coalesce(${sql.ref('a.frozen')}, ${sql.ref('old.attributes')})` })
            .where('a.tenant_id', '=', tenantId)
            .whereRef('a.id', '=', 'old.account_id')
            .returning('a.id'),
        )
        .updateTable('rollcall_data.resources as r')
        .set({ attributes, folded })
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', id)
        .execute();
    },
  };
}
