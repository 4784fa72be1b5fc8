import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './ensure.js';
import { startPostgres } from './postgres.js';

const record = join(root, '.tap', 'last-run.tap');
const started = Date.now();
const log = (line) => console.log(line);

await ensureInstalled({ tests: true });
await ensureBuilt({ tests: true });

const prefix = `rollcall_test_${randomBytes(4).toString('hex')}`;
let tap;
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = signal;
    // The first signal makes tap ask its tests to stop; a test that does not heed it needs another.
    const ask = () => tap?.kill(signal);
    ask();
    setInterval(ask, 1_000).unref();
  });
}

let code = 1;
let postgres;
try {
  postgres = await startPostgres({ log, prefix, inMemory: true });
  if (!interrupted) code = await runTap(postgres.url);
} catch (error) {
  console.error(error.message);
} finally {
  await postgres?.stop();
}
const tapOutput = readRecord();
const summary = /^# \{ (total: .*) \}$/m.exec(tapOutput)?.[1] ?? '';
// The reporter used without a terminal names only the files that failed.
if (!process.stdout.isTTY) listFiles();
console.log(`${summary || 'no summary from tap'} (${Math.round((Date.now() - started) / 1000)} s)`);
const { passed, failed } = counts();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = interrupted ? 128 + constants.signals[interrupted] : code;

function runTap(url) {
  mkdirSync(dirname(record), { recursive: true });
  rmSync(record, { force: true });
  const env = { ...process.env, ROLLCALL_TEST_DATABASE_URL: url, ROLLCALL_TEST_PREFIX: prefix };
  // A test that forgets to name its database must fail, not reach the developer's own.
  delete env.DATABASE_URL;
  const args = [join(root, 'node_modules/tap/dist/esm/run.mjs'), `--output-file=${record}`];
  if (!process.stdout.isTTY) args.push('--reporter=min');
  args.push(...process.argv.slice(2).map(compiled));
  tap = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    tap.once('error', reject);
    tap.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal]));
  });
}

function compiled(argument) {
  return argument.replace(/^(?:\.\/)?(test\/.*)\.ts$/, 'build/$1.js');
}

function listFiles() {
  for (const [, not, file, time] of tapOutput.matchAll(/^(not )?ok \d+ - (\S+) # time=([\d.]+)ms/gm)) {
    console.log(`${not ? 'FAIL' : 'pass'} ${file} ${Math.round(Number(time))} ms`);
  }
}

function counts() {
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  // tap can fail without a failed assertion: a file that crashed early, a signal, no test found.
  return { passed: count('pass'), failed: Math.max(count('fail'), code === 0 ? 0 : 1) };
}

function readRecord() {
  try {
    return readFileSync(record, 'utf8');
  } catch {
    return '';
  }
}
