/** What Prometheus is told, as it is counted. No label names a tenant or a person. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Observer, RequestObserved } from './observe.ts';

/** What is asked for at the moment of reading. */
export interface Gauges {
  /** Connections of the database pool. */
  readonly pool: () => { readonly total: number; readonly idle: number; readonly waiting: number };
}

/** Labels as they are written, and what they are worth. */
export type Samples = readonly (readonly [labels: string, value: number])[];

export interface Histogram {
  readonly buckets: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** What only grows, and is added up over the processes that count it. */
export interface Counts {
  readonly requests: Samples;
  readonly tolerances: Samples;
  readonly jobs: Samples;
  readonly dropped: number;
  /** By operation. */
  readonly durations: readonly (readonly [operation: string, histogram: Histogram])[];
}

/** How a process is doing. Times are in seconds. */
export interface Condition {
  readonly idle: number;
  readonly busy: number;
  readonly waiting: number;
  /** Of the event loop, since the last reading. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly startedAt: number;
}

/** Plain data, so that one process can tell another. */
export interface MetricsSnapshot {
  readonly counts: Counts;
  readonly condition: Condition;
}

export interface Metrics {
  readonly observe: Observer;
  readonly read: () => MetricsSnapshot;
  readonly close: () => void;
}

// Okta's suite fails a group request at 600 ms, Entra's target is 300 ms: both are bucket bounds.
export const BOUNDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 1, 2.5, 5, 10, 30] as const;

/** Starts to measure the event loop, so `close` belongs to it. */
export function createMetrics(gauges: Gauges): Metrics {
  const requests = new Map<string, number>();
  const tolerances = new Map<string, number>();
  const jobs = new Map<string, number>();
  const durations = new Map<string, { buckets: number[]; sum: number; count: number }>();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let dropped = 0;

  const request = (observed: RequestObserved): void => {
    const operation = observed.operation ?? 'none';
    increase(requests, requestLabels(operation, observed.status));
    for (const name of observed.tolerances) increase(tolerances, labelsOf({ name }));
    const histogram = durations.get(operation) ?? { buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
    durations.set(operation, histogram);
    const seconds = observed.durationMs / 1000;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + 1;
    histogram.sum += seconds;
    histogram.count += 1;
  };

  return {
    observe(observation) {
      if (observation.kind === 'request') request(observation);
      if (observation.kind === 'exchanges-dropped') dropped += observation.count;
      if (observation.kind === 'job') {
        const { name, error } = observation;
        increase(jobs, labelsOf({ job: name, outcome: error === undefined ? 'done' : 'failed' }));
      }
    },
    read() {
      const pool = gauges.pool();
      const memory = process.memoryUsage();
      // There is no percentile before the first sample.
      const finite = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
      const lag = {
        p50: finite(delay.percentile(50)),
        p99: finite(delay.percentile(99)),
        max: finite(delay.max),
      };
      delay.reset();
      return {
        counts: {
          requests: [...requests],
          tolerances: [...tolerances],
          jobs: [...jobs],
          dropped,
          durations: [...durations],
        },
        condition: {
          idle: pool.idle,
          busy: pool.total - pool.idle,
          waiting: pool.waiting,
          delay: lag,
          residentBytes: memory.rss,
          heapUsedBytes: memory.heapUsed,
          startedAt: Math.round(performance.timeOrigin) / 1000,
        },
      };
    },
    close: () => void delay.disable(),
  };
}

const known = new Map<string, Map<number, string>>();

/** Operations are few, and their labels the same each time. */
function requestLabels(operation: string, status: number): string {
  let ofOperation = known.get(operation);
  if (!ofOperation) known.set(operation, (ofOperation = new Map()));
  let labels = ofOperation.get(status);
  if (labels === undefined) {
    labels = labelsOf({ operation, status: `${Math.floor(status / 100)}xx` });
    ofOperation.set(status, labels);
  }
  return labels;
}

function increase(counter: Map<string, number>, key: string): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}

/** @returns labels in the text format of Prometheus; none for an empty object */
export function labelsOf(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
