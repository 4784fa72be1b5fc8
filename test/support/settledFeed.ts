import { setTimeout as sleep } from 'node:timers/promises';

interface Queryable {
  query(text: string): Promise<{ rows: unknown[] }>;
}

/**
 * Waits until everything that is in the feed can be seen: a transaction that is open anywhere in the cluster delays it,
 * and other tests have theirs.
 */
export async function settledFeed(database: Queryable): Promise<void> {
  for (;;) {
    const { rows } = await database.query(
      'select coalesce(max(position), 0) < rollcall_data.feed_end() as settled from rollcall_data.changes',
    );
    if ((rows[0] as { settled: boolean }).settled) return;
    await sleep(10);
  }
}
