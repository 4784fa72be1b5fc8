import type { Answer } from './client.ts';
import type { Tenant, World } from './world.ts';

/** A client's side of a conversation: one request at a time. */
export interface Session {
  readonly world: World;
  readonly side: 'rollcall' | 'bare';
  /** Which of the simultaneous clients it is, from 0. */
  readonly worker: number;
  /** From 0 to n - 1; the same sequence on either side. */
  random(n: number): number;
  /** A number that nobody else was given. */
  unique(): number;
  /** @throws Error for a status of 400 or more */
  send(request: Request): Promise<Answer>;
  /** What the scenario remembers for this client. */
  readonly memory: Map<string, string>;
}

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below the SCIM base URL; percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly tenant?: Tenant;
  /** Whether the body of the answer is wanted. */
  readonly keep?: boolean;
  /** Left out of the measurement, such as what leads up to it. */
  readonly aside?: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Simultaneous clients, where the command line says nothing else; its number counts for `small` scenarios alone. */
  readonly connections: number | 'small';
  /** How much longer than others a phase is, because a request takes that long. */
  readonly longer?: number;
  /** Steps until both sides are compared; 2 where nothing is said. */
  readonly compared?: number;
  /** Once for each client, before its phase. */
  begin?(session: Session): Promise<void>;
  /** One request or a few, after which everything is as before, or a little larger. */
  step(session: Session): Promise<void>;
}
