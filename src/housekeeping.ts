/** What the server does by itself, again and again. */
import type { Observer } from './observe.ts';

/** Something to be done regularly. Several servers may do it at once. */
export interface Job {
  readonly name: string;
  /** How long after one run the next one begins. */
  readonly everyMs: number;
  /** @param signal is given when the server closes: what takes long stops at the next good moment */
  run(signal: AbortSignal): Promise<unknown>;
}

export interface Housekeeping {
  /** Does one of them now, or waits for the run that is under way. Never fails: what goes wrong is told. */
  run(name: string): Promise<void>;
  /** Begins no more, and waits for those under way. */
  close(): Promise<void>;
}

/** Begins to keep house. No job runs twice at once, and none keeps the process alive. */
export function createHousekeeping(jobs: readonly Job[], observe: Observer): Housekeeping {
  const closing = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();

  const runOnce = async (job: Job): Promise<void> => {
    const started = performance.now();
    let error: unknown;
    try {
      await job.run(closing.signal);
    } catch (thrown) {
      error = thrown ?? new Error('it was rejected without a reason');
    }
    observe({ kind: 'job', name: job.name, durationMs: performance.now() - started, error });
  };
  const schedule = (job: Job): void => {
    clearTimeout(timers.get(job.name));
    if (!closing.signal.aborted) timers.set(job.name, setTimeout(() => void begin(job), job.everyMs).unref());
  };
  const begin = (job: Job): Promise<void> => {
    let running = underWay.get(job.name);
    if (running === undefined) {
      running = runOnce(job).finally(() => {
        underWay.delete(job.name);
        schedule(job);
      });
      underWay.set(job.name, running);
    }
    return running;
  };
  for (const job of jobs) schedule(job);

  return {
    async run(name) {
      const job = jobs.find((one) => one.name === name);
      if (job === undefined) throw new Error(`There is no job ${name}.`);
      if (!closing.signal.aborted) await begin(job);
    },
    async close() {
      closing.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(underWay.values());
    },
  };
}
