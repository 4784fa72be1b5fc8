/** What clients send beyond what is declared (D4-15): counted in memory, written in batches after the answers. */
import { type Kysely, sql } from 'kysely';
import type { Connection } from './connection.ts';
import { isUnfit, retrying } from './errors.ts';
import type { Database } from './tables.ts';

/** Attributes that one request named and no schema declares. */
export interface Sighting {
  readonly tenantId: string;
  readonly at: Date;
  /** The User-Agent. */
  readonly client: string | undefined;
  readonly undeclared: readonly {
    readonly resourceType: string;
    readonly name: string;
    readonly type: string;
  }[];
}

export interface UndeclaredAttribute {
  readonly resourceType: string;
  readonly name: string;
  /** JSON type of the values. */
  readonly type: string;
  readonly client: string | undefined;
  /** In how many requests. */
  readonly count: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

export interface UndeclaredLog {
  /** Counts what a request named. Never waits and never fails. */
  record(sighting: Sighting): void;
  /** What was seen of a tenant's clients, most often seen first; what waits is written before. */
  list(tenantId: string): Promise<readonly UndeclaredAttribute[]>;
  /** Writes what waits. Never fails: what cannot be written now waits on. */
  flush(): Promise<void>;
  /** Stops, after a last attempt to write what waits. */
  close(): Promise<void>;
}

interface Options {
  readonly connection: Connection;
  readonly flushEveryMs: number;
  /** Rows that are kept of a tenant: those seen last. */
  readonly mostRows: number;
}

interface Row {
  readonly resource_type: string;
  readonly name: string;
  readonly type: string;
  readonly client: string;
  count: number;
  readonly first_seen: Date;
  last_seen: Date;
}

/** Rows that wait at most, of all tenants; others are not counted until these are written. */
const MOST_WAITING = 10_000;

export function createUndeclaredLog({ connection, flushEveryMs, mostRows }: Options): UndeclaredLog {
  let waiting = new Map<string, Map<string, Row>>();
  let size = 0;
  let writing: Promise<void> | undefined;
  let closed = false;

  const add = (tenantId: string, row: Row): void => {
    let rows = waiting.get(tenantId);
    if (!rows) waiting.set(tenantId, (rows = new Map()));
    const key = JSON.stringify([row.resource_type, row.name, row.type, row.client]);
    const known = rows.get(key);
    if (known) {
      known.count += row.count;
      if (known.last_seen < row.last_seen) known.last_seen = row.last_seen;
    } else if (size < MOST_WAITING) {
      rows.set(key, row);
      size += 1;
    }
  };

  const writeAll = async (): Promise<void> => {
    const taken = waiting;
    waiting = new Map();
    size = 0;
    for (const [tenantId, rows] of taken) {
      // In one order, so that two servers do not wait for each other.
      const ordered = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
      try {
        const db = connection.forTenant(tenantId);
        await retrying(() => write(db, tenantId, ordered));
        await retrying(() => trim(db, tenantId, mostRows));
      } catch (error) {
        if (!isUnfit(error)) for (const row of ordered) add(tenantId, row);
      }
    }
  };

  const flush = (): Promise<void> =>
    (writing ??= (size === 0 ? Promise.resolve() : writeAll()).finally(() => {
      writing = undefined;
    }));

  const timer = setInterval(() => void flush(), flushEveryMs).unref();

  return Object.freeze<UndeclaredLog>({
    record({ tenantId, at, client, undeclared }) {
      if (closed) return;
      for (const { resourceType, name, type } of undeclared) {
        add(tenantId, {
          resource_type: resourceType,
          name: storable(name),
          type,
          client: storable(client ?? ''),
          count: 1,
          first_seen: at,
          last_seen: at,
        });
      }
    },
    async list(tenantId) {
      await flush();
      return readUndeclared(connection.forTenant(tenantId), tenantId);
    },
    flush,
    async close() {
      closed = true;
      clearInterval(timer);
      await writing;
      await flush();
    },
  });
}

/** Without what PostgreSQL cannot hold: U+0000, and half of a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

async function write(db: Kysely<Database>, tenantId: string, rows: readonly Row[]): Promise<void> {
  const records = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`.as<'e'>(
    sql`e(resource_type text, name text, type text, client text, count bigint, first_seen timestamptz,
      last_seen timestamptz)`,
  );
  const columns = ['resource_type', 'name', 'type', 'client', 'count', 'first_seen', 'last_seen'] as const;
  await db
    .insertInto('rollcall_data.undeclared')
    .columns(['tenant_id', ...columns])
    .expression((eb) =>
      eb
        .selectFrom(records)
        .select((row) => [
          row.cast<string>(row.val(tenantId), 'uuid').as('tenant_id'),
          ...columns.map((column) => sql.ref<never>(`e.${column}`).as(column)),
        ]),
    )
    .onConflict((oc) =>
      oc.columns(['tenant_id', 'resource_type', 'name', 'type', 'client']).doUpdateSet((eb) => ({
        count: eb('rollcall_data.undeclared.count', '+', eb.ref('excluded.count')),
        last_seen: eb.fn<Date>('greatest', [
          'rollcall_data.undeclared.last_seen',
          eb.ref('excluded.last_seen'),
        ]),
      })),
    )
    .execute();
}

async function trim(db: Kysely<Database>, tenantId: string, mostRows: number): Promise<void> {
  await db
    .deleteFrom('rollcall_data.undeclared as u')
    .where('u.tenant_id', '=', tenantId)
    .where('u.seq', 'in', (eb) =>
      eb
        .selectFrom('rollcall_data.undeclared as o')
        .where('o.tenant_id', '=', tenantId)
        .orderBy('o.last_seen', 'desc')
        .orderBy('o.seq', 'desc')
        .offset(mostRows)
        .select('o.seq'),
    )
    .execute();
}

async function readUndeclared(
  db: Kysely<Database>,
  tenantId: string,
): Promise<readonly UndeclaredAttribute[]> {
  const rows = await db
    .selectFrom('rollcall_data.undeclared as u')
    .where('u.tenant_id', '=', tenantId)
    .orderBy('u.count', 'desc')
    .orderBy('u.seq')
    .select(['u.resource_type', 'u.name', 'u.type', 'u.client', 'u.count', 'u.first_seen', 'u.last_seen'])
    .execute();
  return rows.map((row) => ({
    resourceType: row.resource_type,
    name: row.name,
    type: row.type,
    client: row.client === '' ? undefined : row.client,
    count: Number(row.count),
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
  }));
}
