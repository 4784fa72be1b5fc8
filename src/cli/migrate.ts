import { packagePath } from '../main/packagePath.ts';
import { CommandError } from './commandError.ts';
import type { Command, Given } from './commands.ts';

interface Result {
  readonly applied: readonly string[];
  readonly version: number;
  /** What Citus was told, or would be; absent where it was not asked for. */
  readonly citus?: readonly string[];
  readonly printed?: boolean;
}

/** `rollcall migrate`: brings the database up to date, and with `--citus` has its tenants spread over several. */
export const MIGRATE: Command = {
  name: 'migrate',
  words: [],
  summary: 'bring the database at DATABASE_URL up to date',
  options: {
    citus: { type: 'boolean', help: 'then distribute its tables by tenant with Citus; see docs/scaling.md' },
    print: {
      type: 'boolean',
      help: 'with --citus: print the SQL for a migrated database, and change nothing',
    },
    shards: { type: 'string', value: 'n', help: 'with --citus: how many parts (default: as Citus is set)' },
  },
  async run({ config, options }): Promise<Result> {
    const shards = shardsOf(options);
    if (config.databaseUrl === undefined) {
      throw new CommandError('Set DATABASE_URL: the embedded database is migrated when the server starts.');
    }
    // Loaded here, because the other commands answer in a third of the time without the driver.
    const [{ connect }, { migrate, pendingMigrations }, { distribute, distributionOf }] = await Promise.all([
      import('../store/connect.ts'),
      import('../store/migrate.ts'),
      import('../store/citus/distribute.ts'),
    ]);
    const { pool, close } = connect({
      databaseUrl: config.databaseUrl,
      poolSize: 2,
      prepare: false,
      // What takes long is exempt from it; a session without any limit would stay behind in a pooler.
      statementTimeoutMs: config.statementTimeoutMs,
      applicationName: 'rollcall migrate',
      onIdleError: () => undefined,
    });
    try {
      if (options['print'] === true) {
        const pending = await pendingMigrations(pool, packagePath('migrations'));
        if (pending.length > 0)
          throw new CommandError(`The database lacks ${pending.join(', ')}: run rollcall migrate first.`);
        return { applied: [], version: 0, citus: await distributionOf(pool, shards), printed: true };
      }
      const migrated = await migrate(pool, packagePath('migrations'));
      return options['citus'] === true ? { ...migrated, citus: await distribute(pool, shards) } : migrated;
    } finally {
      await close();
    }
  },
  print({ applied, version, citus, printed }: Result) {
    if (printed === true && citus) return script(citus);
    const migrated =
      applied.length === 0
        ? `The database is up to date (version ${version}).`
        : `Applied ${applied.join(', ')}; the database is at version ${version}.`;
    if (!citus) return migrated;
    const tables = citus.filter((statement) =>
      /^select create_(?:distributed|reference)_table/.test(statement),
    );
    return [
      migrated,
      citus.length === 0 ? 'Citus has every table already.' : `Citus has ${tables.length} more tables.`,
    ].join('\n');
  },
};

function script(statements: readonly string[]): string {
  if (statements.length === 0) return '-- Citus has every table already.';
  return ['begin', ...statements, 'commit'].map((statement) => `${statement};`).join('\n');
}

function shardsOf({ citus, print, shards }: Given['options']): number | undefined {
  if (citus !== true && (print === true || shards !== undefined))
    throw new CommandError('--print and --shards go with --citus.', 2);
  if (shards === undefined) return undefined;
  const count = Number(shards);
  if (!Number.isInteger(count) || count < 1 || count > 64_000)
    throw new CommandError('--shards is a number from 1 to 64000.', 2);
  return count;
}
