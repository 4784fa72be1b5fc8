/** Clients of one side, and what became of their requests. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Answer, Client } from './client.ts';
import type { Scenario, Session } from './scenario.ts';
import type { Server } from './server.ts';
import type { World } from './world.ts';

export interface Phase {
  readonly requests: number;
  readonly seconds: number;
  /** Of single requests, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Told of each answer. */
type Listener = (answer: Answer, what: string) => void;

let given = Date.now() % 1_000_000;

/**
 * Runs steps of a scenario on a server by some clients at once.
 * @param until whether to stop before the next step; the steps under way are finished
 * @param hear is given each answer with its body, which costs time
 * @throws Error for the first request that is refused
 */
export async function runPhase(
  world: World,
  server: Server,
  scenario: Scenario,
  {
    clients,
    seed,
    until,
    hear,
  }: { clients: number; seed: number; until: (done: number) => boolean; hear?: Listener },
): Promise<Phase> {
  const times = createHistogram({ figures: 3 });
  const sessions = await Promise.all(
    Array.from({ length: clients }, (_, worker) => open(world, server, { worker, seed, times, hear })),
  );
  try {
    for (const { session } of sessions) await scenario.begin?.(session);
    times.reset();
    let steps = 0;
    const began = performance.now();
    await Promise.all(
      sessions.map(async ({ session }) => {
        while (!until(steps)) {
          steps += 1;
          await scenario.step(session);
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    return {
      requests: times.count,
      seconds,
      p50: times.percentile(50) / 1e6,
      p99: times.percentile(99) / 1e6,
    };
  } finally {
    for (const { client } of sessions) client.close();
  }
}

async function open(
  world: World,
  server: Server,
  {
    worker,
    seed,
    times,
    hear,
  }: { worker: number; seed: number; times: RecordableHistogram; hear: Listener | undefined },
): Promise<{ session: Session; client: Client }> {
  const client = await Client.open(server.port);
  const random = randomFrom(seed * 1_000 + worker);
  const session: Session = {
    world,
    worker,
    side: server.name,
    memory: new Map(),
    random: (n) => Math.floor(random() * n),
    unique: () => (given += 1),
    async send({ method, path, body, tenant = world.main, keep = false, aside = false }) {
      let text = `${method} /scim/v2${path} HTTP/1.1\r\nHost: scim.example.com\r\nAuthorization: Bearer ${tenant.token}\r\n`;
      if (body === undefined) text += '\r\n';
      else {
        // Everything that is sent here is ASCII.
        const json = JSON.stringify(body);
        text += `Content-Type: application/scim+json; charset=utf-8\r\nContent-Length: ${json.length}\r\n\r\n${json}`;
      }
      const began = process.hrtime.bigint();
      const answer = await client.send(text, keep || (hear !== undefined && !aside));
      if (!aside) times.record(process.hrtime.bigint() - began);
      if (answer.status >= 400) {
        throw new Error(
          `${server.name} answered ${answer.status} to ${method} ${path}: ${answer.body.slice(0, 1_000)}`,
        );
      }
      if (!aside) hear?.(answer, `${method} ${path}`);
      return answer;
    },
  };
  return { session, client };
}

/** mulberry32: the same numbers on either side. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
