/** The workers, as the process that leads sees them. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import type { Counts, MetricsSnapshot } from '../metrics.ts';
import type { Observer } from '../observe.ts';
import { metricsText } from './metricsText.ts';
import type { FromWorker, ToWorker } from './orders.ts';
import { StartError } from './startError.ts';
import { sumOfCounts } from './sumOfCounts.ts';

export interface WorkersOptions {
  readonly count: number;
  readonly adminToken: string;
  readonly observe: Observer;
}

export interface Workers {
  /**
   * Starts them; from then on, one that ends is replaced.
   * @throws StartError when one could not start
   */
  start(): Promise<void>;
  /**
   * Has them end, and waits for it.
   * @throws Error when one of them did not end by itself
   */
  close(): Promise<void>;
}

/** The place of a worker, whoever takes it. */
interface Place {
  readonly number: number;
  worker: Worker | undefined;
  isListening: boolean;
  /** When it began to listen, by the monotonic clock. */
  since: number;
  /** Milliseconds until it is replaced, if it ends soon. */
  pause: number;
  /** Why it could not start. */
  failure: string | undefined;
  timer: NodeJS.Timeout | undefined;
  /** What it said last; its counts go on counting when it cannot be asked. */
  snapshot: MetricsSnapshot | undefined;
}

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;
/** Who has listened this long has not failed at the start. */
const SETTLED = 60_000;
/** How long a worker has to say what it measured. */
const MEASURING = 1_000;

export function createWorkers({ count, adminToken, observe }: WorkersOptions): Workers {
  const places = Array.from({ length: count }, (_, index) => newPlace(index + 1));
  /** What workers that are gone have counted. */
  const gone: Counts[] = [];
  const measuring = new Map<number, () => void>();
  let asked = 0;
  let replaced = 0;
  let isClosing = false;
  let unclean = false;
  /** While the first ones start. */
  let starting: { check: () => void; fail: (error: Error) => void } | undefined;
  let closed: (() => void) | undefined;

  const fork = (place: Place): void => {
    const worker = cluster.fork();
    place.worker = worker;
    place.failure = undefined;
    worker.on('message', (message: FromWorker) => hear(place, worker, message));
    worker.on('error', (error) => {
      place.failure = error.message;
      // One that could not be made does not exit.
      if (worker.process.pid === undefined) ended(place, worker, 'it could not be started');
    });
    worker.on('exit', (code, signal) => ended(place, worker, signal ?? `exit code ${code}`, code));
  };

  const hear = (place: Place, worker: Worker, message: FromWorker): void => {
    switch (message.kind) {
      case 'here':
        return say(worker, { kind: 'start', number: place.number, adminToken });
      case 'failed':
        place.failure = message.lines.join('\n');
        return;
      case 'listening':
        place.isListening = true;
        place.since = performance.now();
        return starting?.check();
      case 'measured':
        place.snapshot = message.snapshot;
        return measuring.get(message.id)?.();
      case 'metrics':
        void measure().then((text) => say(worker, { kind: 'metrics', id: message.id, text }));
    }
  };

  const ended = (place: Place, worker: Worker, how: string, code = 1): void => {
    if (place.worker !== worker) return;
    if (place.snapshot) gone.splice(0, gone.length, sumOfCounts([...gone, place.snapshot.counts]));
    const hasSettled = place.isListening && performance.now() - place.since >= SETTLED;
    place.worker = undefined;
    place.isListening = false;
    place.snapshot = undefined;
    if (isClosing) {
      unclean ||= code !== 0;
      if (places.every((one) => one.worker === undefined)) closed?.();
      return;
    }
    const reason = place.failure ?? how;
    if (starting) return starting.fail(new StartError(place.failure ?? `A worker has ended (${how}).`));
    if (hasSettled) place.pause = FIRST_PAUSE;
    observe({ kind: 'worker-ended', worker: place.number, reason, again: place.pause });
    place.timer = setTimeout(() => {
      replaced += 1;
      fork(place);
    }, place.pause);
    place.pause = Math.min(place.pause * 2, LONGEST_PAUSE);
  };

  /** The text of GET /metrics, for all of them. */
  const measure = async (): Promise<string> => {
    await Promise.all(places.filter(({ isListening }) => isListening).map(ask));
    const measured = places.filter((place) => place.snapshot !== undefined);
    const counts = measured.map(({ snapshot }) => (snapshot as MetricsSnapshot).counts);
    return metricsText({
      counts: sumOfCounts([...gone, ...counts]),
      conditions: measured.map(({ number, snapshot }) => ({
        ...(snapshot as MetricsSnapshot).condition,
        worker: number,
      })),
      workers: { replaced, residentBytes: process.memoryUsage().rss },
    });
  };
  const ask = ({ worker }: Place): Promise<void> =>
    new Promise((resolve) => {
      asked += 1;
      const id = asked;
      const done = (): void => {
        clearTimeout(timer);
        measuring.delete(id);
        resolve();
      };
      const timer = setTimeout(done, MEASURING);
      measuring.set(id, done);
      if (worker) say(worker, { kind: 'measure', id });
    });

  return {
    async start() {
      const main = fileURLToPath(new URL('../main.ts', import.meta.url));
      cluster.setupPrimary({ exec: existsSync(main) ? main : main.replace(/\.ts$/, '.js'), args: [] });
      await new Promise<void>((resolve, reject) => {
        starting = {
          check: () => places.every(({ isListening }) => isListening) && resolve(),
          fail: reject,
        };
        for (const place of places) fork(place);
      });
      starting = undefined;
    },
    async close() {
      isClosing = true;
      for (const { timer } of places) clearTimeout(timer);
      const left = places.flatMap(({ worker }) => worker ?? []);
      if (left.length === 0) return;
      await new Promise<void>((resolve) => {
        closed = resolve;
        for (const worker of left) say(worker, { kind: 'stop', reason: 'told by the leading process' });
      });
      if (unclean) throw new Error('a worker did not end by itself');
    },
  };
}

const newPlace = (number: number): Place => ({
  number,
  worker: undefined,
  isListening: false,
  since: 0,
  pause: FIRST_PAUSE,
  failure: undefined,
  timer: undefined,
  snapshot: undefined,
});

function say(worker: Worker, message: ToWorker): void {
  // One that is just ending hears nothing, which its exit will tell.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
