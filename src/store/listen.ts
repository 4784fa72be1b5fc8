/** Hears what other servers over the same database have changed. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CHANNEL } from './announce.ts';

export interface ListenOptions {
  readonly databaseUrl: string;
  /** What the server shows of us in pg_stat_activity. */
  readonly applicationName: string;
  /** @param tenantId which tenant has changed; undefined: any may have, while nobody was listening */
  readonly changed: (tenantId: string | undefined) => void;
  /**
   * `lost`: nothing is heard for now, and it is tried again; `back`: it is heard again; `pooled`: there is a pooler in
   * between, through which nothing would be heard, and it is not tried again.
   */
  readonly told: (state: 'lost' | 'back' | 'pooled', error: unknown) => void;
}

export interface Listener {
  close(): Promise<void>;
}

/** How long until the first and the later attempts to connect again, in milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;
const CONNECT_TIMEOUT = 5_000;

/**
 * Listens on a connection of its own until it is closed. Nothing depends on it but how soon a change is known: what is
 * remembered of a token is bounded by seconds without it (`tokens.ts`). Never fails.
 */
export function listenForChanges(options: ListenOptions): Listener {
  const { changed, told } = options;
  const closing = new AbortController();
  let client: pg.Client | undefined;

  const listen = async (): Promise<void> => {
    let lost = false;
    for (let pause = FIRST_PAUSE; !closing.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      client = clientOf(options);
      const ended = endOf(client);
      let error: unknown;
      try {
        if (!(await begin(client, changed))) {
          told('pooled', undefined);
          return;
        }
        if (lost) told('back', undefined);
        lost = false;
        pause = FIRST_PAUSE;
        error = await ended;
      } catch (thrown) {
        error = thrown;
      } finally {
        await client.end().catch(() => undefined);
      }
      if (closing.signal.aborted) return;
      if (!lost) told('lost', error);
      lost = true;
      await sleep(pause, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };

  const listening = listen();
  return {
    async close() {
      closing.abort();
      await client?.end().catch(() => undefined);
      await listening;
    },
  };
}

function clientOf({ databaseUrl, applicationName }: ListenOptions): pg.Client {
  return new pg.Client({
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
  });
}

/** @returns false, with nothing left behind, when the session is not the client's own */
async function begin(client: pg.Client, changed: ListenOptions['changed']): Promise<boolean> {
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  // A pooler gives numbers of its own. In transaction mode LISTEN would reach a session that is somebody else's next.
  if (rows[0]?.pid !== (client as pg.Client & { processID: number }).processID) return false;
  client.on('notification', ({ channel, payload }) => {
    if (channel === CHANNEL) changed(payload || undefined);
  });
  await client.query(`listen ${CHANNEL}`);
  changed(undefined);
  return true;
}

/** @returns a promise of why the connection has ended */
function endOf(client: pg.Client): Promise<unknown> {
  return new Promise((resolve) => {
    client.once('end', () => resolve(new Error('the connection has ended')));
    client.on('error', resolve);
  });
}
