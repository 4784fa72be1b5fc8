/** PgBouncer between a test and its database. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './program.ts';

type Teardown = { teardown(clean: () => unknown): void };

/** The program, if it is installed; Debian keeps it where not every PATH looks. */
function findProgram(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path));
}

/** Why tests behind PgBouncer cannot be run here; false where they can. */
export const noPgBouncer: string | false =
  findProgram() === undefined ? 'PgBouncer is not installed (Debian: apt-get install pgbouncer)' : false;

/**
 * Starts PgBouncer in transaction mode; it ends with the test.
 *
 * @param databaseUrl a database of the server that it is put before
 * @param serverConnections how many of the server's connections the clients of a database share
 * @returns where the same database is reached through it
 */
export async function startPgBouncer(
  test: Teardown,
  databaseUrl: string,
  serverConnections: number,
): Promise<{ readonly through: (url: string) => string }> {
  const program = findProgram();
  if (program === undefined) throw new Error('PgBouncer is not installed');
  const { hostname, port, username, password, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') ?? hostname;
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-pgbouncer-'));
  const own = await freePort();
  const settings = [
    '[databases]',
    `* = host=${host} port=${port || 5432} user=${username} password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    `default_pool_size = ${serverConnections}`,
    'max_client_conn = 200',
  ];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${settings.join('\n')}\n`);
  // It refuses to run as root, and reads the file as whom it runs as.
  chmodSync(folder, 0o755);
  const as = process.getuid?.() === 0 ? ['-u', unprivileged()] : [];
  const child = spawn(program, [...as, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  test.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await answers(own))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer has ended: ${said}`);
    await sleep(10);
  }
  return {
    through(url) {
      const pooled = new URL(url);
      pooled.host = `127.0.0.1:${own}`;
      pooled.searchParams.delete('host');
      return pooled.href;
    },
  };
}

function unprivileged(): string {
  const names = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0]);
  return ['postgres', 'nobody'].find((name) => names.includes(name)) ?? 'nobody';
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
