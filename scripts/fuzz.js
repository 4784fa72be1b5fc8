/**
 * npm run fuzz [-- <inputs> [<seed>]]: random and adversarial texts for the scanner, the filter parser and the path
 * parser (test/fuzz.ts). Ends with 1 when any of them is answered by something else than a result or a refusal, or
 * not at all.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from './ensure.js';

const HANG = 60_000;

if (isMainThread) await watch();
else await work();

async function watch() {
  const inputs = Number(process.argv[2] ?? 1_000_000);
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 32));
  if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
    console.error('npm run fuzz [-- <inputs> [<seed>]]: both are whole numbers.');
    process.exit(2);
  }
  await ensureInstalled({ tests: true });
  await ensureBuilt({ tests: true });
  console.log(`${inputs} inputs, seed ${seed}`);

  // A parser that hangs cannot say so itself.
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { inputs, seed } });
  let done = 0;
  const hung = () => {
    console.error(`No answer for ${HANG / 1000} s after ${done} inputs: hung. Seed ${seed}.`);
    process.exit(1);
  };
  const timer = setTimeout(hung, HANG);
  worker.on('message', (message) => {
    timer.refresh();
    if (typeof message === 'number') {
      done = message;
      if (done % Math.max(10_000, Math.ceil(inputs / 20)) < 10_000) console.log(`${done} of ${inputs}`);
    } else {
      report(message, seed);
    }
  });
  worker.on('error', (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  worker.on('exit', () => clearTimeout(timer));
}

async function work() {
  const { fuzz } = await import('../build/test/fuzz.js');
  const { inputs, seed } = workerData;
  const tell = parentPort.postMessage.bind(parentPort);
  tell(fuzz(inputs, seed, (done) => tell(done)));
}

function report({ inputs, parts, failures }, seed) {
  for (const [part, { accepted, refused }] of Object.entries(parts)) {
    console.log(`${part}: ${accepted} accepted, ${refused} refused`);
  }
  for (const { part, input, error } of failures.slice(0, 20)) {
    console.error(`${part}: ${JSON.stringify(input.slice(0, 500))}\n${error}\n`);
  }
  console.log(`${inputs} inputs, ${failures.length} failed, seed ${seed}`);
  if (failures.length > 0) process.exitCode = 1;
}
