import { type Exchange } from './exchange.ts';
import { dayOf } from './exchangePartitions.ts';
import { exchangeRow } from './insertExchanges.ts';

/** An exchange that is to be written. */
export interface WaitingExchange {
  readonly tenantId: string;
  readonly day: string;
  readonly row: string;
}

/** Characters that wait at most: how large a body may be is for the client to say. */
const MAX_CHARACTERS = 32_000_000;

/** Exchanges that wait to be written, oldest first; for a newer one there is always room. */
export class ExchangeBuffer {
  readonly #maxWaiting: number;
  #waiting: WaitingExchange[] = [];
  #characters = 0;
  #dropped = 0;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(exchange: Exchange): void {
    const row = exchangeRow(exchange);
    this.#waiting.push({ tenantId: exchange.tenantId, day: dayOf(exchange.at), row });
    this.#characters += row.length;
    this.#trim();
  }

  /** Takes out the oldest. */
  take(most: number): readonly WaitingExchange[] {
    const taken = this.#waiting.splice(0, most);
    for (const { row } of taken) this.#characters -= row.length;
    return taken;
  }

  /** Puts back what could not be written. */
  putBack(taken: readonly WaitingExchange[]): void {
    this.#waiting = [...taken, ...this.#waiting];
    for (const { row } of taken) this.#characters += row.length;
    this.#trim();
  }

  /** Counts exchanges that are lost for another reason. */
  lose(count: number): void {
    this.#dropped += count;
  }

  /** How many were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #trim(): void {
    let over = 0;
    while (this.#waiting.length - over > this.#maxWaiting || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#waiting[over]?.row.length ?? 0;
      over += 1;
    }
    if (over === 0) return;
    this.#waiting.splice(0, over);
    this.#dropped += over;
  }
}
