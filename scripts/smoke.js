import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const node = process.argv[2] ?? process.execPath;
const main = fileURLToPath(new URL('../build/src/main.js', import.meta.url));
// The embedded database takes several seconds to make its first files on a slow machine.
const startTimeout = 90_000;
const stopTimeout = 15_000;

if (!existsSync(main)) {
  console.error('Smoke test: build/src/main.js is missing; npm run build makes it.');
  process.exit(1);
}

const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-smoke-'));
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
let output = '';
const server = spawn(node, [main], {
  cwd: dataDir,
  env: { PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir },
  stdio: ['ignore', 'pipe', 'pipe'],
});
for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk));
const ended = new Promise((resolve) => {
  server.once('error', (error) => resolve(error.message));
  server.once('exit', (code, signal) => resolve(code ?? signal));
});

try {
  await answers('/readyz', startTimeout);
  await answers('/scim/v2/ServiceProviderConfig', 5_000);
  const asked = Date.now();
  server.kill('SIGTERM');
  const code = await Promise.race([ended, sleep(stopTimeout, 'still running', { ref: false })]);
  if (code !== 0) fail(`after SIGTERM the exit code was expected to be 0, and is: ${code}`);
  console.log(`Ready, answering, and stopped in ${Date.now() - asked} ms on ${node}`);
} finally {
  server.kill('SIGKILL');
  await ended;
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function answers(path, patience) {
  const until = Date.now() + patience;
  let last = 'no answer';
  while (Date.now() < until) {
    if (server.exitCode !== null || server.signalCode !== null) {
      fail(`the server ended before GET ${path} was answered`);
    }
    try {
      const response = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      if (response.status === 200) return;
      last = `status ${response.status}`;
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    await sleep(100);
  }
  fail(`GET ${path} was not answered with 200 within ${patience / 1000} s: ${last}`);
}

function fail(message) {
  console.error(`Smoke test: ${message}`);
  if (output) console.error(output);
  server.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.exit(1);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const found = probe.address().port;
      probe.close(() => resolve(found));
    });
  });
}
