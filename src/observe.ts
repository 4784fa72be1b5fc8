/** Everything that is worth telling, as one union. Log and metrics subscribe and decide what they show. */

/** A request was answered, or given up by its client. */
export interface RequestObserved {
  readonly kind: 'request';
  readonly requestId: string;
  readonly method: string;
  /** Without the query string, which may hold personal data (B15.04). */
  readonly path: string;
  readonly operation: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly tenant: string | undefined;
  readonly client: string | undefined;
  readonly tolerances: readonly string[];
  readonly scimType: string | undefined;
  /** What was thrown, for answers of 500 and above. */
  readonly error: unknown;
}

export type Observation =
  | RequestObserved
  | { readonly kind: 'database-awaited'; readonly error: unknown }
  | { readonly kind: 'migrated'; readonly applied: readonly string[]; readonly version: number }
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'idle-connection-lost'; readonly error: unknown }
  /** Whether this server hears at once of what others change; `pooled`: never, through a pooler. */
  | {
      readonly kind: 'announcements';
      readonly state: 'lost' | 'back' | 'pooled';
      readonly error: unknown;
    }
  /** More connections may be opened than the database allows. */
  | { readonly kind: 'connections-exceed'; readonly wanted: number; readonly allowed: number }
  /** Behind a pooler, where only the role can say how long a statement may take. */
  | { readonly kind: 'limits-not-with-role'; readonly statementTimeoutMs: number }
  /** A worker has ended; `again` is when another takes its place, in milliseconds. */
  | {
      readonly kind: 'worker-ended';
      readonly worker: number;
      readonly reason: string;
      readonly again: number;
    }
  | { readonly kind: 'exchanges-dropped'; readonly count: number; readonly error: unknown }
  /** A job of the server's own has run; `error` is what it threw, if it did. */
  | {
      readonly kind: 'job';
      readonly name: string;
      readonly durationMs: number;
      readonly error: unknown;
    }
  /** The answer broke off after its first byte, or could not be written. */
  | { readonly kind: 'response-broken'; readonly requestId: string; readonly error: unknown }
  /** Something that is not HTTP arrived, or a request that did not arrive in time. */
  | { readonly kind: 'client-error'; readonly code: string }
  | { readonly kind: 'closing'; readonly reason: string; readonly error: unknown }
  | { readonly kind: 'closed' };

export type Observer = (observation: Observation) => void;

/** One observer that tells several. */
export function observers(...all: readonly Observer[]): Observer {
  return (observation) => {
    for (const observe of all) observe(observation);
  };
}
