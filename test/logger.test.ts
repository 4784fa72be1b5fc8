import t from 'tap';
import { createLog } from '../src/logger.ts';
import { metricsText } from '../src/main/metricsText.ts';
import { sumOfCounts } from '../src/main/sumOfCounts.ts';
import { createMetrics, type Metrics } from '../src/metrics.ts';
import { type Observation, observers, type RequestObserved } from '../src/observe.ts';

const request: RequestObserved = {
  kind: 'request',
  requestId: '01900000-0000-7000-8000-000000000000',
  method: 'PATCH',
  path: '/scim/v2/Users/1',
  operation: 'patch',
  status: 200,
  durationMs: 12.3456,
  tenant: 'acme',
  client: 'Okta SCIM Client 1.0.0',
  tolerances: ['operation-case', 'boolean-as-string'],
  scimType: undefined,
  error: undefined,
};

function textOf(metrics: Metrics): string {
  const { counts, condition } = metrics.read();
  return metricsText({ counts, conditions: [condition] });
}

async function linesOf(observations: readonly Observation[], level = 'info') {
  const lines: string[] = [];
  const log = await createLog({ level, pretty: false, destination: { write: (line) => lines.push(line) } });
  for (const observation of observations) log.observe(observation);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

t.test('an answered request is one JSON line with what an operator looks for', async (t) => {
  const [line, ...others] = await linesOf([request]);
  t.same(others, []);
  t.match(line, {
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT/,
    message: undefined,
    msg: 'request',
    requestId: request.requestId,
    tenant: 'acme',
    operation: 'patch',
    method: 'PATCH',
    path: '/scim/v2/Users/1',
    status: 200,
    durationMs: 12.35,
    tolerances: ['operation-case', 'boolean-as-string'],
    client: 'Okta SCIM Client 1.0.0',
  });
});

t.test(
  'a fault is an error line with its stack and cause, and without what drivers hang on errors',
  async (t) => {
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (userName)=(ann@example.com)',
    });
    const [line] = await linesOf([{ ...request, status: 500, error: new Error('create failed', { cause }) }]);
    t.match(line, {
      level: 'error',
      error: { message: 'create failed', stack: /logger\.test/, cause: { code: '23505' } },
    });
    t.notMatch(JSON.stringify(line), /ann@example\.com/);
  },
);

t.test('what is not offered is no fault of the server', async (t) => {
  t.match(await linesOf([{ ...request, status: 501 }]), [{ level: 'info' }]);
});

t.test('probes are not in the log unless asked for', async (t) => {
  const probe = { ...request, operation: 'readyz' };
  t.same(await linesOf([probe]), []);
  t.match(await linesOf([probe], 'debug'), [{ operation: 'readyz' }]);
});

t.test('every observation has a line', async (t) => {
  const error = new Error('connect ECONNREFUSED');
  const lines = await linesOf(
    [
      { kind: 'database-awaited', error },
      { kind: 'migrated', applied: ['0001_tenants.sql'], version: 1 },
      { kind: 'migrated', applied: [], version: 1 },
      { kind: 'listening', address: 'http://127.0.0.1:8080' },
      { kind: 'idle-connection-lost', error },
      { kind: 'exchanges-dropped', count: 3, error },
      { kind: 'announcements', state: 'lost', error },
      { kind: 'announcements', state: 'back', error: undefined },
      { kind: 'announcements', state: 'pooled', error: undefined },
      { kind: 'connections-exceed', wanted: 44, allowed: 20 },
      { kind: 'limits-not-with-role', statementTimeoutMs: 30_000 },
      { kind: 'worker-ended', worker: 2, reason: 'SIGKILL', again: 250 },
      { kind: 'response-broken', requestId: 'r', error },
      { kind: 'client-error', code: 'HPE_INVALID_METHOD' },
      { kind: 'closing', reason: 'SIGTERM', error: undefined },
      { kind: 'closing', reason: 'a fault', error },
      { kind: 'closed' },
    ],
    'trace',
  );
  t.same(
    lines.map(({ level }) => level),
    [
      ['warn', 'info', 'debug', 'info', 'warn', 'error'],
      ['warn', 'info', 'info', 'warn', 'warn', 'error'],
      ['warn', 'debug', 'info', 'fatal', 'info'],
    ].flat(),
  );
});

t.test('metrics count requests and tolerances and sort durations into buckets', async (t) => {
  const metrics = createMetrics({ pool: () => ({ total: 5, idle: 3, waiting: 1 }) });
  t.teardown(() => metrics.close());
  const observe = observers(metrics.observe, () => undefined);
  observe(request);
  observe({ ...request, status: 404, durationMs: 3, tolerances: [] });
  observe({ ...request, operation: undefined, status: 401, durationMs: 90_000, tolerances: [] });
  observe({ kind: 'exchanges-dropped', count: 7, error: undefined });
  observe({ kind: 'closed' });
  const text = textOf(metrics);
  for (const line of [
    'rollcall_http_requests_total{operation="patch",status="2xx"} 1',
    'rollcall_http_requests_total{operation="patch",status="4xx"} 1',
    'rollcall_http_requests_total{operation="none",status="4xx"} 1',
    'rollcall_tolerances_total{name="operation-case"} 1',
    'rollcall_http_request_duration_seconds_bucket{operation="patch",le="0.0025"} 0',
    'rollcall_http_request_duration_seconds_bucket{operation="patch",le="0.005"} 1',
    'rollcall_http_request_duration_seconds_bucket{operation="patch",le="0.025"} 2',
    'rollcall_http_request_duration_seconds_bucket{operation="patch",le="+Inf"} 2',
    'rollcall_http_request_duration_seconds_bucket{operation="none",le="30"} 0',
    'rollcall_http_request_duration_seconds_bucket{operation="none",le="+Inf"} 1',
    'rollcall_http_request_duration_seconds_count{operation="patch"} 2',
    'rollcall_exchanges_dropped_total 7',
    'rollcall_database_connections{state="busy"} 2',
    'rollcall_database_waiting 1',
  ]) {
    t.ok(text.split('\n').includes(line), line);
  }
  t.notMatch(text, /acme/, 'no label names a tenant');
});

t.test('metrics are in the text format of Prometheus', async (t) => {
  const metrics = createMetrics({ pool: () => ({ total: 0, idle: 0, waiting: 0 }) });
  t.teardown(() => metrics.close());
  metrics.observe({ ...request, tolerances: ['a"b\\c\nd'] });
  for (const line of textOf(metrics).trimEnd().split('\n')) {
    t.match(
      line,
      /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z]+="[^"\\]*",?)+\})? -?[0-9.e+-]+)$/,
      line,
    );
  }
});

t.test('what several workers count is added up, and how each is doing is told of each', async (t) => {
  const snapshots = [1, 2].map((total) => {
    const metrics = createMetrics({ pool: () => ({ total, idle: 0, waiting: 0 }) });
    t.teardown(() => metrics.close());
    for (let n = 0; n < total; n += 1) metrics.observe(request);
    metrics.observe({ ...request, operation: `only ${total}`, durationMs: 1_500 });
    metrics.observe({ kind: 'exchanges-dropped', count: total, error: undefined });
    // As it comes from another process.
    return JSON.parse(JSON.stringify(metrics.read())) as ReturnType<Metrics['read']>;
  });
  const text = metricsText({
    counts: sumOfCounts(snapshots.map(({ counts }) => counts)),
    conditions: snapshots.map(({ condition }, index) => ({ ...condition, worker: index + 1 })),
    workers: { replaced: 3, residentBytes: 1_000 },
  });
  for (const line of [
    'rollcall_http_requests_total{operation="patch",status="2xx"} 3',
    'rollcall_http_requests_total{operation="only 2",status="2xx"} 1',
    'rollcall_http_request_duration_seconds_bucket{operation="patch",le="0.025"} 3',
    'rollcall_http_request_duration_seconds_count{operation="patch"} 3',
    'rollcall_http_request_duration_seconds_bucket{operation="only 1",le="2.5"} 1',
    'rollcall_tolerances_total{name="operation-case"} 5',
    'rollcall_exchanges_dropped_total 3',
    'rollcall_database_connections{state="busy",worker="1"} 1',
    'rollcall_database_connections{state="busy",worker="2"} 2',
    'process_resident_memory_bytes{worker="leader"} 1000',
    'rollcall_workers 2',
    'rollcall_workers_replaced_total 3',
  ])
    t.ok(text.split('\n').includes(line), line);
});

t.test('a job is told in the log and counted, and loudly when it fails', async (t) => {
  const done = { kind: 'job', name: 'purge', durationMs: 1.6, error: undefined } as const;
  const failed = { ...done, error: new Error('no such luck') };
  t.match(await linesOf([done, failed], 'debug'), [
    { level: 'debug', msg: 'a job has run', job: 'purge', durationMs: 2 },
    { level: 'error', msg: 'a job failed', job: 'purge', error: { message: 'no such luck' } },
  ]);
  const metrics = createMetrics({ pool: () => ({ total: 0, idle: 0, waiting: 0 }) });
  t.teardown(() => metrics.close());
  for (const observation of [done, done, failed]) metrics.observe(observation);
  t.match(textOf(metrics), /^rollcall_jobs_total\{job="purge",outcome="done"\} 2$/m);
  t.match(textOf(metrics), /^rollcall_jobs_total\{job="purge",outcome="failed"\} 1$/m);
});
