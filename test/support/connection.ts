import type { Test } from 'tap';
import { type ConnectOptions, connect } from '../../src/store/connect.ts';
import type { Connection } from '../../src/store/connection.ts';
import { cloneDatabase } from './database.ts';

/** A connection to a migrated, empty database of the test's own; closed when the test ends. */
export async function openClone(t: Test, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  return openConnection(t, { databaseUrl: await cloneDatabase(t), ...options });
}

/** A connection to wherever the URL points, which may be nowhere. */
export function openConnection(
  t: Test,
  options: Partial<ConnectOptions> & Pick<ConnectOptions, 'databaseUrl'>,
): Connection {
  const connection = connect({
    poolSize: 4,
    prepare: true,
    statementTimeoutMs: 5_000,
    applicationName: 'rollcall test',
    onIdleError: () => undefined,
    ...options,
  });
  t.teardown(() => connection.close());
  return connection;
}
