import type { Connection } from './connection.ts';
import { isUnfit } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeBuffer, type WaitingExchange } from './exchangeBuffer.ts';
import { createPartitions, dayAfter, dayOf, dropPartitionsBefore } from './exchangePartitions.ts';
import { TenantGuardError } from './guard/tenantGuardError.ts';
import { insertExchanges } from './insertExchanges.ts';

export interface ExchangeLogOptions {
  readonly connection: Connection;
  readonly flushEveryMs: number;
  /** Rows in one statement at most. */
  readonly maxBatch: number;
  /** Exchanges that wait at most; the oldest are dropped for newer ones. */
  readonly maxBuffered: number;
  readonly retentionDays: number;
  readonly now: () => Date;
  /** Told how many exchanges were lost, and what the database said last. */
  readonly onDropped: (count: number, error: unknown) => void;
}

export interface ExchangeLog {
  /** Notes an exchange, to be written within a second or so. Never waits and never fails. */
  record(exchange: Exchange): void;
  /** Writes what waits. Never fails: what cannot be written now waits on. */
  flush(): Promise<void>;
  /** Stops, after a last attempt to write what waits. */
  close(): Promise<void>;
}

/** Partitions made ahead, so that an outage across midnight finds tomorrow's there. */
const DAYS_AHEAD = 2;
/** How soon the care of partitions is tried again after it has failed. */
const CARE_AGAIN_MS = 60_000;

/**
 * The writer of the provisioning log. Exchanges are written in batches after they were answered, and nothing
 * that happens here reaches a request: while the database is away they wait, up to a bound.
 */
export function createExchangeLog(options: ExchangeLogOptions): ExchangeLog {
  const { connection, maxBatch, retentionDays, now, onDropped } = options;
  const buffer = new ExchangeBuffer(options.maxBuffered);
  let partitions = new Set<string>();
  let caredFor = '';
  let careAgainAt = 0;
  /** What the database said last. */
  let failure: unknown;
  let failing = false;
  let writing: Promise<void> | undefined;
  let closed = false;

  const careForPartitions = async (): Promise<void> => {
    const time = now();
    const today = dayOf(time);
    if (caredFor === today || time.getTime() < careAgainAt) return;
    careAgainAt = time.getTime() + CARE_AGAIN_MS;
    const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => dayAfter(time, ahead));
    await createPartitions(connection.pool, days);
    partitions = new Set(days);
    await dropPartitionsBefore(connection.pool, dayAfter(time, -retentionDays));
    caredFor = today;
  };

  /** @returns what could not be written and may be later */
  const write = async (batch: readonly WaitingExchange[]): Promise<readonly WaitingExchange[]> => {
    const oldest = dayAfter(now(), -retentionDays);
    const rows = batch.filter(({ day }) => day >= oldest);
    const left = new Set(rows);
    try {
      const missing = [...new Set(rows.map(({ day }) => day))].filter((day) => !partitions.has(day));
      if (missing.length > 0) await createPartitions(connection.pool, missing);
      for (const day of missing) partitions.add(day);
      for (const own of byTenant(rows)) {
        await insertFit(own);
        for (const row of own) left.delete(row);
      }
    } catch (error) {
      failure = error;
    }
    failing = left.size > 0;
    return [...left];
  };

  /** A row that the database will never take must not hold up the others. */
  const insertFit = async (own: readonly WaitingExchange[]): Promise<void> => {
    const [{ tenantId } = { tenantId: '' }] = own;
    try {
      await insertExchanges(
        connection.scopeOf(tenantId),
        own.map(({ row }) => row),
      );
    } catch (error) {
      if (!isUnfit(error) && !(error instanceof TenantGuardError)) throw error;
      failure = error;
      if (own.length === 1) return buffer.lose(1);
      const middle = own.length >> 1;
      await insertFit(own.slice(0, middle));
      await insertFit(own.slice(middle));
    }
  };

  const writeAll = async (): Promise<void> => {
    await careForPartitions().catch((error: unknown) => {
      failure = error;
    });
    // What comes meanwhile waits for its turn: else, under load, each statement would hold a handful.
    for (let waiting = buffer.length; waiting > 0; waiting -= maxBatch) {
      const left = await write(buffer.take(maxBatch));
      if (left.length === 0) continue;
      buffer.putBack(left);
      break;
    }
    const dropped = buffer.takeDropped();
    if (dropped > 0) onDropped(dropped, failure);
  };

  const begin = (): Promise<void> =>
    (writing ??= writeAll().finally(() => {
      writing = undefined;
    }));
  /** What was recorded while others were being written is written after them. */
  const flush = async (): Promise<void> => {
    await writing;
    await begin();
  };

  const timer = setInterval(() => void begin(), options.flushEveryMs).unref();

  return Object.freeze<ExchangeLog>({
    record(exchange) {
      if (closed) return;
      try {
        buffer.add(exchange);
      } catch (error) {
        // What cannot be written as JSON.
        failure = error;
        buffer.lose(1);
      }
      // After a failure the timer sets the pace, so that an outage is not met with an attempt per request.
      if (buffer.length >= maxBatch && !failing) void begin();
    },
    flush,
    async close() {
      closed = true;
      clearInterval(timer);
      await writing;
      await flush();
      if (buffer.length > 0) onDropped(buffer.length, failure);
    },
  });
}

function byTenant(rows: readonly WaitingExchange[]): Iterable<readonly WaitingExchange[]> {
  const groups = new Map<string, WaitingExchange[]>();
  for (const row of rows) {
    const group = groups.get(row.tenantId);
    if (group === undefined) groups.set(row.tenantId, [row]);
    else group.push(row);
  }
  return groups.values();
}
