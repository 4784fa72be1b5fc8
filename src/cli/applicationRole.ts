import { readFileSync } from 'node:fs';
import { CommandError } from './commandError.ts';
import type { Command } from './commands.ts';

interface Result {
  readonly role: string;
  readonly sql: readonly string[];
  readonly applied: boolean;
}

/** Makes the role by which the application reads the views; like migrate, it speaks to the database. */
export const APPLICATION_ROLE: Command = {
  name: 'application-role',
  words: ['name'],
  summary: 'print the SQL that makes a role which may read the views and nothing else',
  options: {
    apply: { type: 'boolean', help: 'run it at DATABASE_URL instead' },
    login: { type: 'boolean', help: 'the role logs in by itself; needs --password-file' },
    'password-file': { type: 'string', value: 'file', help: 'a file that holds the password of the role' },
    passwords: { type: 'boolean', help: 'it may read rollcall.passwords too' },
  },
  async run({ words: [name = ''], options, config }) {
    if (!/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(name))
      throw new CommandError('A role is named by up to 63 lower-case letters, digits and underscores.', 2);
    const role = { name, password: passwordOf(options), passwords: options['passwords'] === true };
    const [{ applicationRole, makeApplicationRole }, { connect }] = await Promise.all([
      import('../store/applicationRole.ts'),
      import('../store/connect.ts'),
    ]);
    const sql = applicationRole(role);
    if (options['apply'] !== true) return { role: name, sql, applied: false } satisfies Result;
    if (config.databaseUrl === undefined)
      throw new CommandError('Set DATABASE_URL: the embedded database has no other roles.');
    const connection = connect({
      databaseUrl: config.databaseUrl,
      poolSize: 1,
      prepare: false,
      statementTimeoutMs: config.statementTimeoutMs,
      applicationName: 'rollcall application-role',
      onIdleError: () => undefined,
    });
    try {
      await makeApplicationRole(connection.pool, role);
    } catch (error) {
      throw new CommandError(
        `The database says: ${(error as Error).message}. Without --apply, the SQL is printed for whoever may run it.`,
      );
    } finally {
      await connection.close();
    }
    return { role: name, sql, applied: true } satisfies Result;
  },
  print: ({ role, sql, applied }: Result) =>
    applied
      ? `The role "${role}" reads the views of the schema rollcall, and nothing else of Rollcall.`
      : sql.map((statement) => `${statement};`).join('\n'),
};

function passwordOf(options: Readonly<Record<string, string | boolean | undefined>>): string | undefined {
  const file = options['password-file'];
  if ((options['login'] === true) !== (typeof file === 'string'))
    throw new CommandError('A role that logs in needs both: --login --password-file <file>.', 2);
  if (typeof file !== 'string') return undefined;
  let password: string;
  try {
    password = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new CommandError(`The password cannot be read: ${(error as Error).message}.`);
  }
  if (password === '') throw new CommandError(`There is no password in ${file}.`);
  return password;
}
