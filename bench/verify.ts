/** Whether both sides do the same: the same answers, and the same rows left behind. */
import { isDeepStrictEqual } from 'node:util';
import type { Answer } from './client.ts';
import type { Observed } from './database.ts';
import type { Scenario } from './scenario.ts';
import type { Server } from './server.ts';
import { runPhase } from './side.ts';
import type { World } from './world.ts';

interface Heard {
  readonly what: string;
  readonly answer: Answer;
}

/** How far apart lengths may be: PostgreSQL's text of JSON has a space after each comma and colon. */
const SHAPE = 0.1;
const CONTENT = 0.01;

/** @throws Error that says what differs first */
export async function verify(
  world: World,
  servers: readonly [Server, Server],
  scenario: Scenario,
  database: Observed,
): Promise<void> {
  const rollcall: Heard[] = [];
  const bare: Heard[] = [];
  const rows: string[] = [];
  for (const [index, server] of servers.entries()) {
    const heard = index === 0 ? rollcall : bare;
    const written = await database.written(async () => {
      await runPhase(world, server, scenario, {
        clients: 1,
        seed: 7,
        until: (done) => done >= (scenario.compared ?? 2),
        hear: (answer, what) => heard.push({ what, answer }),
      });
    });
    rows.push([...written].map(([what, n]) => `${what} ${n}`).join(', '));
  }
  const fail = (message: string): never => {
    throw new Error(`${scenario.name}: the two sides do not do the same: ${message}`);
  };
  if (rows[0] !== rows[1]) fail(`rows written\n  rollcall: ${rows[0]}\n  bare:     ${rows[1]}`);
  if (rollcall.length !== bare.length) fail(`${rollcall.length} and ${bare.length} answers`);
  for (const [index, { what, answer }] of rollcall.entries()) {
    const other = bare[index]?.answer;
    if (!other) return;
    const difference = compare(answer, other);
    if (difference) fail(`${what}: ${difference}`);
  }
}

function compare(one: Answer, other: Answer): string | undefined {
  if (one.status !== other.status) return `status ${one.status} and ${other.status}`;
  for (const name of ['content-type', 'etag', 'location']) {
    const [a, b] = [one, other].map(({ head }) => plain(headerOf(head, name)));
    if (a !== b) return `${name} ${a} and ${b}`;
  }
  if (one.length === 0 && other.length === 0) return undefined;
  if (apart(one.length, other.length) > SHAPE) return `${one.length} and ${other.length} bytes`;
  const [a, b] = [one, other].map(({ body }) => parsed(body));
  if (apart(JSON.stringify(a).length, JSON.stringify(b).length) > CONTENT) return `bodies of another length`;
  if (isDeepStrictEqual(a, b)) return undefined;
  return `bodies\n  rollcall: ${sorted(a)}\n  bare:     ${sorted(b)}`;
}

const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(a, b, 1);
const headerOf = (head: string, name: string): string =>
  new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(head)?.[1] ?? 'none';

/** Without what differs from one request to the next: ids that were made, times, versions, new names, cursors. */
function plain(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, (id) =>
      id.startsWith('00000000-') ? id : 'id',
    )
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'time')
    .replace(/^W\/"\d+"$/, 'version')
    .replace(/(new-|00na*|Engineer )\d{9}/g, '$1n');
}

function parsed(body: string): unknown {
  return JSON.parse(body, (key, value: unknown) =>
    typeof value !== 'string' ? value : key.endsWith('Cursor') ? 'cursor' : plain(value),
  );
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ).slice(0, 3_000);
}
