import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const at = (...parts) => join(root, ...parts);
const stampFile = at('build', '.stamp.json');

// A packaged copy (npm package, container image) ships its build and no sources: nothing to make there.
const packaged = !existsSync(at('src'));

// stderr, because stdout belongs to the command that runs next.
const say = (line) => process.stderr.write(`${line}\n`);

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Rollcall needs Node.js 20.19 or later; this is ${process.version}.`);
  process.exit(1);
}

export async function ensureInstalled({ tests = false } = {}) {
  requireNode();
  if (packaged) return;
  if (!enough(installed(), tests)) {
    await exclusively(() => {
      if (!enough(installed(), tests)) install(tests);
    });
  }
  if (tests && !tapPrepared()) await exclusively(prepareTap);
}

export async function ensureBuilt({ tests = false } = {}) {
  if (packaged || fresh(tests)) return;
  if (!tests && installed() === 'production' && existsSync(at('build/src/main.js'))) return;
  await exclusively(() => {
    if (!fresh(tests)) build(tests);
  });
}

function enough(state, tests) {
  return state === 'all' || (state === 'production' && !tests && existsSync(at('build/src/main.js')));
}

// Compares contents, not times: a checkout, a copy or a container layer changes every mtime and no dependency.
function installed() {
  const have = lockedPackages('node_modules/.package-lock.json');
  if (!have) return 'none';
  let state = 'all';
  for (const [path, wanted] of Object.entries(lockedPackages('package-lock.json') ?? {})) {
    if (path === '' || wanted.link || have[path]?.version === wanted.version) continue;
    if (have[path]) return 'none';
    // Absent optional packages are those of other platforms.
    if (wanted.optional) continue;
    if (!wanted.dev && !wanted.devOptional) return 'none';
    state = 'production';
  }
  return state;
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(at(file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function install(tests) {
  // A build needs the development dependencies whatever NODE_ENV says.
  const production = process.env.NODE_ENV === 'production' && !tests && existsSync(at('build/src/main.js'));
  const options = [
    production ? '--omit=dev' : '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  say('Installing dependencies (once; this takes about half a minute) …');
  // npm ci refuses a lock that lacks the packages of other platforms; npm install makes do with it.
  const locked = existsSync(at('package-lock.json'));
  const first = npm([locked ? 'ci' : 'install', ...options]);
  if (first.status === 0) return;
  if (locked && npm(['install', '--no-save', ...options]).status === 0) return;
  stop('The dependencies could not be installed.', first);
}

function npm(args) {
  const path = process.env.npm_execpath;
  if (path !== undefined && /npm-cli\.c?js$/.test(path)) return run(process.execPath, [path, ...args]);
  // On Windows npm is a .cmd file, which only a shell can start.
  return run('npm', args, process.platform === 'win32');
}

// tap keeps its plugin set inside node_modules; without this its first run still loads the removed plugins.
const tapStamp = at('node_modules', '.rollcall-tap');

function tapPrepared() {
  try {
    return readFileSync(tapStamp, 'utf8') === readFileSync(at('.taprc'), 'utf8');
  } catch {
    return false;
  }
}

function prepareTap() {
  if (tapPrepared()) return;
  say('Preparing the test runner (once) …');
  const result = run(process.execPath, [at('node_modules/tap/dist/esm/run.mjs'), 'build']);
  if (result.status !== 0) stop('The test runner could not be prepared.', result);
  writeFileSync(tapStamp, readFileSync(at('.taprc')));
}

function fresh(tests) {
  try {
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
    const built = (folder) => stamp[folder] === digest(folder) && outputsOf(folder).every(existsSync);
    return built('src') && (!tests || (built('test') && built('bench')));
  } catch {
    return false;
  }
}

// Starting needs the sources alone: what is amiss in a test must not keep the server from starting.
function build(tests) {
  say('Building …');
  const folders = tests ? ['src', 'test', 'bench'] : ['src'];
  const before = Object.fromEntries(folders.map((folder) => [folder, digest(folder)]));
  const outputs = new Set(folders.flatMap(outputsOf));
  for (const file of folders.flatMap((folder) => filesUnder(at('build', folder)))) {
    if (!outputs.has(file.replace(/\.map$/, ''))) rmSync(file);
  }
  const project = tests ? 'tsconfig.json' : 'tsconfig.build.json';
  // The compiler trusts its own record of what it emitted, so the record goes when an output has gone.
  if (![...outputs].every(existsSync)) {
    for (const record of ['.tsbuildinfo', '.tsbuildinfo-src']) rmSync(at('build', record), { force: true });
  }
  const result = run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', project]);
  if (result.status !== 0) stop('The build failed.', result);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(before));
}

function digest(folder) {
  const hash = createHash('sha256');
  for (const file of [
    at('tsconfig.json'),
    at('tsconfig.build.json'),
    at('package-lock.json'),
    ...filesUnder(at(folder)),
  ]) {
    if (!/\.(ts|json)$/.test(file) || !existsSync(file)) continue;
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function outputsOf(folder) {
  return filesUnder(at(folder))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => at('build', relative(root, file).replace(/\.ts$/, '.js')));
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .sort();
}

function run(command, args, shell = false) {
  return spawnSync(command, args, {
    cwd: root,
    shell,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
}

function stop(message, result) {
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  say(result.error ? `${message} ${result.error.message}` : message);
  process.exit(1);
}

// Two commands started together on a fresh clone must not install or build into the same folder at once.
async function exclusively(work) {
  const lock = join(
    tmpdir(),
    `rollcall-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`,
  );
  while (!taken(lock)) await sleep(200);
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    work();
  } finally {
    release();
    process.off('exit', release);
  }
}

function taken(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (abandoned(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function abandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // Another process may have created the file and not yet written its id.
    if (!pid) return Date.now() - statSync(lock).mtimeMs > 5_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
