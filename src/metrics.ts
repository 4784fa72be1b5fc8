/** Counts and durations in the Prometheus text format (version 0.0.4). No label names a tenant or a person. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Observer, RequestObserved } from './observe.ts';

/** What is asked for at the moment of reading. */
export interface Gauges {
  /** Connections of the database pool. */
  readonly pool: () => { readonly total: number; readonly idle: number; readonly waiting: number };
}

export interface Metrics {
  readonly observe: Observer;
  readonly render: () => string;
  readonly close: () => void;
}

// Okta's suite fails a group request at 600 ms, Entra's target is 300 ms: both are bucket bounds.
const BOUNDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 1, 2.5, 5, 10, 30];

interface Histogram {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** Starts to measure the event loop, so `close` belongs to it. */
export function createMetrics(gauges: Gauges): Metrics {
  const requests = new Map<string, number>();
  const tolerances = new Map<string, number>();
  const jobs = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let dropped = 0;

  const request = (observed: RequestObserved): void => {
    const operation = observed.operation ?? 'none';
    increase(requests, labels({ operation, status: `${Math.floor(observed.status / 100)}xx` }));
    for (const name of observed.tolerances) increase(tolerances, labels({ name }));
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
        increase(jobs, labels({ job: name, outcome: error === undefined ? 'done' : 'failed' }));
      }
    },
    render() {
      const pool = gauges.pool();
      const memory = process.memoryUsage();
      const lag = { p50: delay.percentile(50) / 1e9, p99: delay.percentile(99) / 1e9, max: delay.max / 1e9 };
      delay.reset();
      return [
        family('rollcall_http_requests_total', 'counter', 'Requests answered.', requests),
        family(
          'rollcall_tolerances_total',
          'counter',
          'Deviations of clients that were accepted.',
          tolerances,
        ),
        histogramFamily(durations),
        family('rollcall_exchanges_dropped_total', 'counter', 'Provisioning log entries lost.', [
          ['', dropped],
        ]),
        family('rollcall_jobs_total', 'counter', 'Runs of the jobs that the server does by itself.', jobs),
        family('rollcall_database_connections', 'gauge', 'Connections of the database pool.', [
          ['{state="idle"}', pool.idle],
          ['{state="busy"}', pool.total - pool.idle],
        ]),
        family('rollcall_database_waiting', 'gauge', 'Requests that wait for a database connection.', [
          ['', pool.waiting],
        ]),
        family(
          'rollcall_event_loop_delay_seconds',
          'gauge',
          'Delay of the event loop since the last reading.',
          [
            ['{quantile="0.5"}', lag.p50],
            ['{quantile="0.99"}', lag.p99],
            ['{quantile="1"}', lag.max],
          ],
        ),
        family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', memory.rss]]),
        family('rollcall_heap_used_bytes', 'gauge', 'JavaScript heap in use.', [['', memory.heapUsed]]),
        family('process_start_time_seconds', 'gauge', 'Start time since the Unix epoch.', [['', START]]),
      ].join('');
    },
    close: () => void delay.disable(),
  };
}

const START = Math.round(performance.timeOrigin) / 1000;

function increase(counter: Map<string, number>, key: string): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}

function labels(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`);
  return `{${pairs.join(',')}}`;
}

function family(
  name: string,
  type: string,
  help: string,
  samples: Iterable<readonly [string, number]>,
): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  // The event loop has no percentile before its first sample.
  for (const [label, value] of samples) text += `${name}${label} ${Number.isFinite(value) ? value : 0}\n`;
  return text;
}

function histogramFamily(durations: ReadonlyMap<string, Histogram>): string {
  const name = 'rollcall_http_request_duration_seconds';
  let text = `# HELP ${name} Time from the request to the end of its answer.\n# TYPE ${name} histogram\n`;
  for (const [operation, { buckets, sum, count }] of durations) {
    let below = 0;
    BOUNDS.forEach((bound, index) => {
      below += buckets[index] ?? 0;
      text += `${name}_bucket${labels({ operation, le: String(bound) })} ${below}\n`;
    });
    text += `${name}_bucket${labels({ operation, le: '+Inf' })} ${count}\n`;
    text += `${name}_sum${labels({ operation })} ${sum}\n${name}_count${labels({ operation })} ${count}\n`;
  }
  return text;
}
