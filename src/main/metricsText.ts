/** The Prometheus text format (version 0.0.4). */
import { BOUNDS, type Condition, type Counts, labelsOf, type Samples } from '../metrics.ts';

export interface Measured {
  /** Of all processes together. */
  readonly counts: Counts;
  /** Of each process that answers requests, with its number where there are several. */
  readonly conditions: readonly (Condition & { readonly worker?: number })[];
  /** Where there are several. */
  readonly workers?: {
    /** How often one has ended and was replaced. */
    readonly replaced: number;
    /** Of the process that leads them. */
    readonly residentBytes: number;
  };
}

/** @returns the answer to GET /metrics; what has a value for each of several workers has the label `worker` */
export function metricsText({ counts, conditions, workers }: Measured): string {
  const each = (
    values: (condition: Condition) => Readonly<Record<string, number>>,
    label?: 'state' | 'quantile',
  ): Samples =>
    conditions.flatMap(({ worker, ...condition }) =>
      Object.entries(values(condition)).map(
        ([name, value]) =>
          [
            labelsOf({
              ...(label !== undefined && { [label]: name }),
              ...(worker !== undefined && { worker: String(worker) }),
            }),
            value,
          ] as const,
      ),
    );
  const leader: Samples = workers ? [[labelsOf({ worker: 'leader' }), workers.residentBytes]] : [];
  return [
    family('rollcall_http_requests_total', 'counter', 'Requests answered.', counts.requests),
    family(
      'rollcall_tolerances_total',
      'counter',
      'Deviations of clients that were accepted.',
      counts.tolerances,
    ),
    durations(counts),
    family('rollcall_exchanges_dropped_total', 'counter', 'Provisioning log entries lost.', [
      ['', counts.dropped],
    ]),
    family('rollcall_jobs_total', 'counter', 'Runs of the jobs that the server does by itself.', counts.jobs),
    family(
      'rollcall_database_connections',
      'gauge',
      'Connections of the database pool.',
      each(({ idle, busy }) => ({ idle, busy }), 'state'),
    ),
    family(
      'rollcall_database_waiting',
      'gauge',
      'Requests that wait for a database connection.',
      each(({ waiting }) => ({ waiting })),
    ),
    family(
      'rollcall_event_loop_delay_seconds',
      'gauge',
      'Delay of the event loop since the last reading.',
      each(({ delay: { p50, p99, max } }) => ({ '0.5': p50, '0.99': p99, '1': max }), 'quantile'),
    ),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [
      ...each(({ residentBytes }) => ({ residentBytes })),
      ...leader,
    ]),
    family(
      'rollcall_heap_used_bytes',
      'gauge',
      'JavaScript heap in use.',
      each(({ heapUsedBytes }) => ({ heapUsedBytes })),
    ),
    family(
      'process_start_time_seconds',
      'gauge',
      'Start time since the Unix epoch.',
      each(({ startedAt }) => ({ startedAt })),
    ),
    ...(workers === undefined
      ? []
      : [
          family('rollcall_workers', 'gauge', 'Workers that answer requests.', [['', conditions.length]]),
          family('rollcall_workers_replaced_total', 'counter', 'Workers that ended and were replaced.', [
            ['', workers.replaced],
          ]),
        ]),
  ].join('');
}

function family(name: string, type: string, help: string, samples: Samples): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const [label, value] of samples) text += `${name}${label} ${value}\n`;
  return text;
}

function durations({ durations: all }: Counts): string {
  const name = 'rollcall_http_request_duration_seconds';
  let text = `# HELP ${name} Time from the request to the end of its answer.\n# TYPE ${name} histogram\n`;
  for (const [operation, { buckets, sum, count }] of all) {
    let below = 0;
    BOUNDS.forEach((bound, index) => {
      below += buckets[index] ?? 0;
      text += `${name}_bucket${labelsOf({ operation, le: String(bound) })} ${below}\n`;
    });
    text += `${name}_bucket${labelsOf({ operation, le: '+Inf' })} ${count}\n`;
    text += `${name}_sum${labelsOf({ operation })} ${sum}\n${name}_count${labelsOf({ operation })} ${count}\n`;
  }
  return text;
}
