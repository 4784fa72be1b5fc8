/** The server as people run it: `npm start` in processes of its own, spoken to over HTTP. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VARIABLES } from '../../src/config.ts';
import { projectRoot } from './project.ts';

// The embedded database takes several seconds to make its first files on a slow machine.
const START_PATIENCE = 90_000;
const STOP_PATIENCE = 20_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON, if it is that. */
  readonly body: unknown;
}

export interface Asking {
  /** Without an Authorization in any case, the token of who asks is sent. */
  readonly headers?: OutgoingHttpHeaders;
  /** Text is sent as it is, anything else as JSON. Content-Type is what the headers say, if they do. */
  readonly body?: unknown;
}

export interface ServedTenant {
  readonly token: string;
  /** @param path as it goes over the wire, from `/scim/v2` on; nothing is encoded or tidied */
  request(method: string, path: string, asking?: Asking): Promise<Answer>;
}

export interface RunningServer {
  readonly url: string;
  readonly scimUrl: string;
  readonly adminToken: string;
  /** @param path below `/admin/v1` */
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  newTenant(slug: string): Promise<ServedTenant>;
  /** Someone with a token of an existing tenant. */
  as(token: string): ServedTenant;
  /** What it has written to its standard output and error so far. */
  output(): string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it as a power cut of its process would (SIGKILL), and waits until it has. */
  kill(): Promise<void>;
}

interface Test {
  teardown(clean: () => unknown): void;
  passing(): boolean;
}

export interface ServerOptions {
  /** Without it, the embedded database is used. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server and waits until it is ready. It ends with the test, and a test that failed shows what it said. */
export async function startServer(
  test: Test,
  { databaseUrl, env = {} }: ServerOptions = {},
): Promise<RunningServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const adminToken = 'an-admin-token-of-the-tests';
  const started = launch({
    PORT: String(port),
    ADMIN_TOKEN: adminToken,
    LOG_LEVEL: 'info',
    DATA_DIR: env['DATA_DIR'] ?? temporaryFolder(test),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  });
  const agent = new Agent({ keepAlive: true });
  const stop = async (): Promise<void> => {
    agent.destroy();
    await started.stop();
  };
  test.teardown(async () => {
    await stop();
    if (!test.passing()) process.stderr.write(`What the server said:\n${started.output()}\n`);
  });

  const as = (token: string): ServedTenant => ({
    token,
    request: (method, path, asking = {}) => ask(agent, port, token, method, path, asking),
  });
  const admin: RunningServer['admin'] = (method, path, body) =>
    as(adminToken).request(
      method,
      `/admin/v1${path}`,
      body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body },
    );
  const newTenant = async (slug: string): Promise<ServedTenant> => {
    await made(admin('POST', '/tenants', { slug, name: `Tenant ${slug}` }));
    const { token } = await made(
      admin('POST', `/tenants/${slug}/tokens`, { name: 'test', expiresIn: '365d' }),
    );
    return as(String(token));
  };

  await ready(() => as(adminToken).request('GET', '/readyz'), started);
  return {
    url,
    scimUrl: `${url}/scim/v2`,
    adminToken,
    admin,
    newTenant,
    as,
    output: started.output,
    stop,
    kill: started.kill,
  };
}

/** A folder that goes when the test ends. */
export function temporaryFolder(test: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  test.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

interface Launched {
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

function launch(variables: Readonly<Record<string, string>>): Launched {
  const windows = process.platform === 'win32';
  // On Windows npm is a .cmd file, which only a shell can start, and a shell does not pass signals on.
  const child = spawn(windows ? process.execPath : 'npm', [windows ? 'scripts/start.js' : 'start'], {
    cwd: projectRoot,
    env: { ...withoutOurs(process.env), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of their own, so that the server is reached behind npm and the shell.
    detached: !windows,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  let ended = false;
  // Not `exit`: npm may go first, and the pipes are closed by the last that holds them.
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      resolve();
    };
    child.once('error', (error) => {
      output += `${error.message}\n`;
      end();
    });
    child.once('close', end);
  });
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (ended || child.pid === undefined) return;
    try {
      process.kill(windows ? child.pid : -child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const kill = (): void => signal('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    signal('SIGTERM');
    const late = await Promise.race([closed.then(() => false), sleep(STOP_PATIENCE, true, { ref: false })]);
    if (late) kill();
    await closed;
    process.off('exit', kill);
    if (late) throw new Error(`The server did not end within ${STOP_PATIENCE / 1000} seconds.`);
  };
  const killed = async (): Promise<void> => {
    kill();
    await closed;
    process.off('exit', kill);
  };
  return { output: () => output, hasEnded: () => ended, stop, kill: killed };
}

// What the developer has set for a server of their own is not meant for this one.
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = new Set(VARIABLES.flatMap(({ name }) => [name, `${name}_FILE`]));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.has(name)));
}

async function ready(probe: () => Promise<Answer>, server: Launched): Promise<void> {
  const deadline = performance.now() + START_PATIENCE;
  let last = 'no answer';
  while (performance.now() < deadline && !server.hasEnded()) {
    last = await probe().then(
      ({ status }) => `status ${status}`,
      (error: unknown) => String(error),
    );
    if (last === 'status 200') return;
    await sleep(50);
  }
  throw new Error(`The server did not get ready (/readyz: ${last}). It said:\n${server.output()}`);
}

async function made(asked: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, text, body } = await asked;
  if (status !== 201) throw new Error(`The admin API answered ${status}: ${text}`);
  return body as Record<string, unknown>;
}

function ask(
  agent: Agent,
  port: number,
  token: string,
  method: string,
  path: string,
  { headers = {}, body }: Asking,
): Promise<Answer> {
  const authorized = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const all = authorized ? headers : { Authorization: `Bearer ${token}`, ...headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { agent, host: '127.0.0.1', port, method, path, headers: all },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: jsonOf(text) });
        });
      },
    );
    request.once('error', reject);
    request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
