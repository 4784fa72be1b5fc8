import type { QueryCreator } from 'kysely';
import type { DocumentColumns } from './row.ts';
import type { Building } from './statement.ts';
import type { Database } from './tables.ts';

/** What is written of a resource that was read before. */
export interface Rewriting extends DocumentColumns {
  readonly id: string;
  readonly own_role: string | null;
  /** The version that was read, and the next. */
  readonly seen: number;
  readonly version: number;
  readonly at: Date;
}

/** The update of a resource `r`, of no row where it has changed since it was read, or is gone. */
export function rewriting(
  db: QueryCreator<Database>,
  { tenantId, slot }: Pick<Building<Rewriting>, 'tenantId' | 'slot'>,
) {
  return db
    .updateTable('rollcall_data.resources as r')
    .set({
      key: slot('key'),
      external_id: slot('external_id'),
      active: slot('active'),
      attributes: slot('attributes'),
      folded: slot('folded'),
      own_role: slot('own_role'),
      imported: false,
      version: slot('version'),
      modified_at: slot('at'),
    })
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', '=', slot('id'))
    .where('r.version', '=', slot('seen'))
    .where('r.deleted_at', 'is', null);
}
