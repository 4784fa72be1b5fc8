/** Which statements an operation sends, and how PostgreSQL carries them out. */
import pg from 'pg';
import { connectionOver } from '../../src/store/connection.ts';
import type { Connection } from '../../src/store/connection.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A node of EXPLAIN (format json). */
export interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Plan[];
}

/** A connection that records what it sends; transactions' own statements are left out. */
export function recordingConnection(url: string, statements: Statement[]): Connection {
  class RecordingClient extends pg.Client {
    // One signature for all the overloads, which are passed on as they are.
    override query(...given: readonly unknown[]): never {
      const [first, values] = given;
      const config = (typeof first === 'string' ? { text: first, values } : first) as Partial<Statement>;
      if (config.text && !/^(?:begin|start transaction|commit|rollback|set )/i.test(config.text)) {
        statements.push({ text: config.text, values: config.values ?? [] });
      }
      // oxlint-disable-next-line typescript/unbound-method -- it is called on this client
      const send: (this: unknown, ...given: readonly unknown[]) => unknown = super.query;
      return send.apply(this, [...given]) as never;
    }
  }
  // As the server's own connections have it.
  const pool = new pg.Pool({ connectionString: url, max: 4, options: '-c jit=off', Client: RecordingClient });
  return connectionOver(pool, { embedded: false, prepare: false, cancellable: false });
}

/** Every node of a statement's plan. With `analyze` the statement is carried out, and rolled back. */
export async function planOf(
  client: pg.Client,
  { text, values }: Statement,
  analyze = false,
): Promise<Plan[]> {
  const options = analyze ? 'analyze, buffers, timing off, format json' : 'format json';
  await client.query('begin');
  try {
    const { rows } = await client.query(`explain (${options}) ${text}`, [...values]);
    return nodes(rows[0]['QUERY PLAN'][0].Plan as Plan);
  } finally {
    await client.query('rollback');
  }
}

function nodes(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}
