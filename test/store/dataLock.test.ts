import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { takeDataLock } from '../../src/store/dataLock.ts';

type Child = ChildProcessByStdio<null, Readable, null>;

const module = new URL(`../../src/store/dataLock${extname(import.meta.url)}`, import.meta.url).href;

async function folderFor(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-lock-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Another process that takes the lock, says so, and stays. */
async function holder(t: Test, folder: string): Promise<Child> {
  const script = `const { takeDataLock } = await import(${JSON.stringify(module)});
    await takeDataLock(${JSON.stringify(folder)}).then(() => console.log('held'), ({ message }) => console.log(message));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function firstLine({ stdout }: Child): Promise<string> {
  const [chunk] = (await once(stdout, 'data')) as [Buffer];
  return chunk.toString().trimEnd();
}

t.test('a folder that another process has is refused in one line that names it', async (t) => {
  const folder = join(await folderFor(t), 'made', 'for', 'it');
  const first = await holder(t, folder);
  t.equal(await firstLine(first), 'held');
  const sentence = `${folder} is in use by process ${first.pid}. Stop that one first, or set another DATA_DIR.`;
  await t.rejects(takeDataLock(folder), { name: 'DataLockedError', message: sentence });
  t.equal(await firstLine(await holder(t, folder)), sentence);
});

t.test('a second lock in the same process is refused, and a returned one can be taken again', async (t) => {
  const folder = await folderFor(t);
  const unlock = await takeDataLock(folder);
  await t.rejects(takeDataLock(folder), { name: 'DataLockedError' });
  await unlock();
  t.same(await readdir(folder), []);
  await (await takeDataLock(folder))();
});

t.test('the lock of a process that was killed is taken over', async (t) => {
  const folder = await folderFor(t);
  const killed = await holder(t, folder);
  await firstLine(killed);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  t.ok(existsSync(join(folder, 'rollcall.lock')));
  await (await takeDataLock(folder))();
});

/** What is found in a folder, and whether its process counts as running. */
const FOUND: readonly [string, object | string, boolean][] = [
  ['our own pid, as in a container that was restarted', { pid: process.pid, host: hostname() }, false],
  ['a pid that another program has by now', { pid: process.ppid, host: hostname(), started: '1' }, false],
  ['a pid that nobody has', { pid: 2 ** 22 + 1, host: hostname() }, false],
  ['half of a file', '{"pid":', false],
  ['an empty file', '', false],
  ['a file of another host that is still touched', { pid: 1, host: 'elsewhere' }, true],
];

t.test('a lock that is found counts by whether its process can be running', async (t) => {
  for (const [name, content, live] of FOUND) {
    const folder = await folderFor(t);
    const text = typeof content === 'string' ? content : JSON.stringify({ ...content, nonce: 'x' });
    await writeFile(join(folder, 'rollcall.lock'), text);
    if (live) await t.rejects(takeDataLock(folder), { message: /process 1 on elsewhere/ }, name);
    else {
      const unlock = await takeDataLock(folder);
      t.match(await readFile(join(folder, 'rollcall.lock'), 'utf8'), `"pid":${process.pid}`, name);
      await unlock();
    }
  }
});

t.test('a lock of another host that nobody touches any more is taken over', async (t) => {
  const folder = await folderFor(t);
  const path = join(folder, 'rollcall.lock');
  await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', nonce: 'x' }));
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(path, minuteAgo, minuteAgo);
  await (await takeDataLock(folder))();
});

t.test('of many processes that take over a stale lock at once, one gets it', async (t) => {
  const folder = await folderFor(t);
  await writeFile(
    join(folder, 'rollcall.lock'),
    JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), nonce: 'x' }),
  );
  const children = await Promise.all(Array.from({ length: 6 }, () => holder(t, folder)));
  const lines = await Promise.all(children.map(firstLine));
  t.equal(lines.filter((line) => line === 'held').length, 1, lines.join('\n'));
});

t.test('a lock that another process has taken over is not removed by its former holder', async (t) => {
  const folder = await folderFor(t);
  const unlock = await takeDataLock(folder);
  const path = join(folder, 'rollcall.lock');
  await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', nonce: 'other' }));
  await unlock();
  t.ok(existsSync(path));
});
