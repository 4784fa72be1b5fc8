import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Another process has the data folder open. */
export class DataLockedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataLockedError';
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as its system counts; tells it from a later one of the same pid. */
  readonly started: string | undefined;
  readonly nonce: string;
}

const ATTEMPTS = 10;
const BEAT_MS = 5_000;
/** A lock of another host (a container has its own name) counts as left behind after this silence. */
const SILENCE_MS = 4 * BEAT_MS;

/** The locks of this process, whose pid in a file does not say that it holds it. */
const held = new Set<string>();

/**
 * Takes `rollcall.lock` in a folder, against a second process on the same files. A lock left behind by a
 * process that was killed is taken over, also when its pid is ours or another program's by now.
 *
 * @returns gives the lock back
 * @throws DataLockedError in one line, naming the process that has it
 */
export async function takeDataLock(folder: string): Promise<() => Promise<void>> {
  const path = join(resolve(folder), 'rollcall.lock');
  await mkdir(folder, { recursive: true });
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    nonce: randomUUID(),
  };
  for (let attempt = 1; !(await create(path, holder)); attempt += 1) {
    const found = await read(path);
    if (found?.pid === undefined && attempt < ATTEMPTS) {
      // Gone again, or not written yet.
      await pause(50);
      continue;
    }
    if (found?.pid !== undefined && (attempt > ATTEMPTS || (await isLive(found, path))))
      throw inUse(folder, found);
    await discard(path, found?.nonce);
  }
  held.add(path);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS).unref();
  return async () => {
    clearInterval(beat);
    held.delete(path);
    if ((await read(path))?.nonce === holder.nonce) await rm(path, { force: true });
  };
}

function inUse(folder: string, { pid, host }: Partial<Holder>): DataLockedError {
  const elsewhere =
    host === hostname() ? '' : ` on ${host} (if that is gone, wait ${SILENCE_MS / 1_000} seconds)`;
  return new DataLockedError(
    `${folder} is in use by process ${pid}${elsewhere}. Stop that one first, or set another DATA_DIR.`,
  );
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Who has the lock; without properties while, or for ever if, that is not written. */
async function read(path: string): Promise<Partial<Holder> | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

async function isLive(holder: Partial<Holder>, path: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs < SILENCE_MS;
  }
  if (holder.pid === process.pid) return held.has(path);
  try {
    process.kill(Number(holder.pid), 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (codeOf(error) !== 'EPERM') return false;
  }
  return holder.started === (await startOf(Number(holder.pid)));
}

/** The start of a process in clock ticks since boot; undefined where there is no /proc, and once it has ended. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const fields = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; the 22nd field is the 20th after it.
    const [state, ...rest] = fields.slice(fields.lastIndexOf(')') + 2).split(' ');
    // A killed process stays listed until its parent asks for it, which some containers' first process never does.
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

/** Removes a lock that was left behind, unless another process has taken it over meanwhile. */
async function discard(path: string, nonce: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await read(aside))?.nonce === nonce) await rm(aside, { force: true });
  else await rename(aside, path);
}
