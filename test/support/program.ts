/** The server and the command line as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from './project.ts';

type Teardown = { teardown(clean: () => unknown): void };

export interface Program {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code. */
  readonly exit: Promise<number | null>;
}

/** Runs `build/src/<file>` with nothing of this process's environment but PATH. */
export function run(
  test: Teardown,
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  env: Record<string, string>,
): Program {
  const child = spawn(process.execPath, [join(projectRoot, 'build/src', file), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = [child.stdout, child.stderr].map((stream) => {
    const chunks: string[] = [];
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    return () => chunks.join('');
  }) as [() => string, () => string];
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  test.teardown(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { process: child, stdout: output, stderr: errors, exit };
}

export interface RunningServer extends Program {
  readonly url: string;
  /** What the first start printed, if it was one. */
  readonly token: string | undefined;
  readonly adminToken: string | undefined;
  /** Asks it to stop. @returns the exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts a server and waits for its banner.
 * @param starting is given the program before that
 */
export async function startServer(
  test: Teardown,
  env: Record<string, string>,
  starting: (program: Program) => void = () => undefined,
): Promise<RunningServer> {
  const port = env['PORT'] ?? String(await freePort());
  const program = run(test, 'main.js', [], { PORT: port, ...env });
  starting(program);
  while (!/SCIM base URL[\s\S]*Another token:.*\n.*\n/.test(program.stdout())) {
    if (program.process.exitCode !== null)
      throw new Error(`the server ended: ${program.stderr()}${program.stdout()}`);
    await sleep(20);
  }
  return {
    ...program,
    url: `http://127.0.0.1:${port}`,
    token: /Token +(rc_\w+)/.exec(program.stdout())?.[1],
    adminToken: /Admin token +(\S+)/.exec(program.stdout())?.[1],
    stop() {
      program.process.kill('SIGTERM');
      return program.exit;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A folder that goes when the test has ended. */
export function temporaryFolder(test: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  test.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
