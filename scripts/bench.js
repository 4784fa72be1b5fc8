/** npm run bench: measures Rollcall beside a bare handler, on a PostgreSQL of its own. */
import { ensureBuilt, ensureInstalled, root } from './ensure.js';
import { startPostgres } from './postgres.js';

await ensureInstalled({ tests: true });
await ensureBuilt({ tests: true });
const { readOptions, USAGE } = await import('../build/bench/options.js');
const { run } = await import('../build/bench/run.js');

// A server that could run in earnest: it waits for the disk unless it is told not to.
const durable = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  'pg_stat_statements.max': '10000',
  'pg_stat_statements.track_utility': 'on',
};

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
if (options === 'help') {
  console.log(USAGE);
} else {
  const settings = { ...durable, ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off' }) };
  const start = (more) =>
    startPostgres({
      log: (line) => console.error(line),
      settings: { ...settings, ...more },
      keep: options.keep,
    });
  // The module comes with Debian's packages and others, not with every one.
  const postgres = await start({ shared_preload_libraries: 'pg_stat_statements' }).catch(() => start({}));
  try {
    process.exitCode = await run(options, root, postgres);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await postgres.stop();
  }
}
