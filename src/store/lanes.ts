/**
 * Connections that many requests share: statements are sent without waiting for the ones before them, so that what
 * arrives together travels together. Worth it for what is found by key, where sending costs more than finding.
 */
import type pg from 'pg';
import { isAway } from './errors.ts';
import { gather } from './gather.ts';
import type { StatementNames } from './prepare.ts';
import type { Filled } from './send.ts';

export interface LaneOptions {
  readonly count: number;
  /** Makes a client that is not connected yet. */
  readonly connect: () => Promise<pg.Client>;
  readonly names: StatementNames;
}

/** A lane that has not answered for so long, in milliseconds, is passed by. */
const STUCK_MS = 50;
/** How long after a failure a lane is tried again, in milliseconds. */
const AGAIN_MS = 1_000;
/** Statements on their way in one lane at most. */
const MAX_WAITING = 64;

export interface Lanes {
  /**
   * Sends a statement that only reads.
   * @returns undefined when no lane is free, or the one that was taken broke: it is to be sent another way
   */
  send(statement: Filled): Promise<readonly unknown[]> | undefined;
  close(): Promise<void>;
}

export function openLanes({ count, connect, names }: LaneOptions): Lanes {
  const lanes = Array.from({ length: count }, () => new Lane(connect, names));
  return {
    send(statement) {
      let best: Lane | undefined;
      for (const lane of lanes) if (lane.isFree() && (!best || lane.waiting < best.waiting)) best = lane;
      return best?.send(statement);
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

class Lane {
  readonly #connect: LaneOptions['connect'];
  readonly #names: StatementNames;
  #client: pg.Client | undefined;
  #closed = false;
  #opening: Promise<void> | undefined;
  #notBefore = 0;
  #answeredAt = 0;
  waiting = 0;

  constructor(connect: LaneOptions['connect'], names: StatementNames) {
    this.#connect = connect;
    this.#names = names;
  }

  isFree(): boolean {
    if (!this.#client) this.#open();
    if (!this.#client || this.waiting >= MAX_WAITING) return false;
    return this.waiting === 0 || performance.now() - this.#answeredAt < STUCK_MS;
  }

  async send({ text, values, planned }: Filled): Promise<readonly unknown[]> {
    const client = this.#client as pg.Client;
    const name = planned ? this.#names.of(text) : undefined;
    // Until everything that has arrived is worked on.
    gather(client, setImmediate);
    if (this.waiting === 0) this.#answeredAt = performance.now();
    this.waiting += 1;
    try {
      const { rows } = await client.query<Record<string, unknown>>(
        name === undefined ? { text, values } : { name, text, values },
      );
      return rows;
    } catch (error) {
      if (name !== undefined && this.#names.outdated(error, text, name, client)) throw new LaneMissed(error);
      if (!isAway(error)) throw error;
      this.#lose(client);
      throw new LaneMissed(error);
    } finally {
      this.waiting -= 1;
      this.#answeredAt = performance.now();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.#client?.end().catch(() => undefined);
  }

  #open(): void {
    if (this.#opening || this.#closed || performance.now() < this.#notBefore) return;
    this.#opening = this.#opened();
  }

  async #opened(): Promise<void> {
    try {
      const client = await this.#connect();
      client.on('error', () => this.#lose(client));
      client.on('end', () => this.#lose(client));
      this.#client = client;
    } catch {
      this.#notBefore = performance.now() + AGAIN_MS;
    } finally {
      this.#opening = undefined;
    }
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#notBefore = performance.now() + AGAIN_MS;
    client.end().catch(() => undefined);
  }
}

/** The statement was not carried out because of the lane, and can be sent another way. */
export class LaneMissed extends Error {
  constructor(cause: unknown) {
    super('the lane has broken', { cause });
    this.name = 'LaneMissed';
  }
}
