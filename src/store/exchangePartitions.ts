import type pg from 'pg';

/** Any number will do, if every version of this server uses the same. */
const LOCK = 7_251_340_092;

const DAY_MS = 86_400_000;

/** The UTC day of a time, as the names of partitions have it: `20261122`. */
export function dayOf(time: Date): string {
  const number = Math.floor(time.getTime() / DAY_MS);
  if (number !== lastDay.number) {
    lastDay = { number, name: time.toISOString().slice(0, 10).replaceAll('-', '') };
  }
  return lastDay.name;
}

/** Asked for with every request, and nearly always the same. */
let lastDay = { number: Number.NaN, name: '' };

/** The day that many days later, or earlier when negative. */
export function dayAfter(time: Date, days: number): string {
  return dayOf(new Date(time.getTime() + days * DAY_MS));
}

/**
 * Makes the partitions of `exchanges` for those days, unless they are there. Attaching a finished table locks
 * out no writer, which creating it as a partition would.
 */
export async function createPartitions(pool: pg.Pool, days: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ day: string }>(
    `select day from unnest($1::text[]) as day where to_regclass('rollcall_data.exchanges_' || day) is null`,
    [days],
  );
  if (rows.length === 0) return;
  await locked(pool, async (client) => {
    for (const { day } of rows) {
      const table = `rollcall_data.exchanges_${day}`;
      const made = await client.query('select 1 where to_regclass($1) is not null', [table]);
      if (made.rowCount !== 0) continue;
      await client.query(`create table ${table} (like rollcall_data.exchanges including all)`);
      await client.query(
        `alter table rollcall_data.exchanges attach partition ${table}
           for values from ('${day} 00:00+00') to ('${nextDay(day)} 00:00+00')`,
      );
    }
  });
}

/** Drops the partitions of days before that one. */
export async function dropPartitionsBefore(pool: pg.Pool, day: string): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass('rollcall_data.exchanges')
        and c.relname ~ '^exchanges_[0-9]{8}$' and c.relname < 'exchanges_' || $1::text`,
    [day],
  );
  if (rows.length === 0) return;
  await locked(pool, async (client) => {
    for (const { name } of rows) await client.query(`drop table if exists rollcall_data.${name}`);
  });
}

/** Runs in a transaction that only one server has at a time, and that gives up rather than hold up others. */
async function locked(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`begin; set local lock_timeout = '2s'`);
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await work(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function nextDay(day: string): string {
  return dayAfter(new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`), 1);
}
