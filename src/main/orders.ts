/** What the process that leads and its workers say to each other. Plain data, over the channel that Node opens. */
import type { MetricsSnapshot } from '../metrics.ts';

export type ToWorker =
  /** `number` stays with the place of a worker when it is replaced. */
  | { readonly kind: 'start'; readonly number: number; readonly adminToken: string }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'measure'; readonly id: number }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

export type FromWorker =
  | { readonly kind: 'here' }
  | { readonly kind: 'listening' }
  /** It ends now, because it could not start. */
  | { readonly kind: 'failed'; readonly lines: readonly string[] }
  | { readonly kind: 'measured'; readonly id: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'metrics'; readonly id: number };

type Start = Extract<ToWorker, { kind: 'start' }>;

/** A worker's end of the channel. */
export interface Orders extends Start {
  /** @returns once it has been said */
  say(message: FromWorker): Promise<void>;
  hear(listener: (message: ToWorker) => void): void;
}

/** Tells the leading process that this worker is here. @returns with what it is to be */
export async function takeOrders(): Promise<Orders> {
  let stop: ToWorker | undefined;
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') stop = message;
  });
  const hear: Orders['hear'] = (listener) => {
    process.on('message', listener);
    // It may be told before it can do anything about it.
    if (stop) listener(stop);
  };
  const say: Orders['say'] = (message) =>
    new Promise((resolve) => {
      // Without a leader there is nobody to say it to, and the process ends by itself.
      if (process.send === undefined || !process.connected) return resolve();
      process.send(message, () => resolve());
    });
  const start = new Promise<Start>((resolve) => {
    hear((message) => message.kind === 'start' && resolve(message));
  });
  await say({ kind: 'here' });
  return { ...(await start), say, hear };
}
