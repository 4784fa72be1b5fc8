/** The command line: reads what was typed, runs one command, and says how it went. */
import { parseArgs } from 'node:util';
import { adminTokenFile, readAdminToken } from './main/adminToken.ts';
import { createAdminClient } from './cli/adminClient.ts';
import { type Command, COMMANDS, type Option } from './cli/commands.ts';
import { CommandError } from './cli/commandError.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { localUrl } from './main/localUrl.ts';
import { version } from './main/version.ts';

const EVERYWHERE: Readonly<Record<string, Option>> = {
  url: { type: 'string', value: 'url', help: 'the server (default PUBLIC_URL, else HOST and PORT)' },
  json: { type: 'boolean', help: 'print JSON' },
  help: { type: 'boolean', help: 'show this help' },
};

async function run(typed: readonly string[]): Promise<void> {
  if (typed[0] === '--version') return print(version());
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => typed[index] === word));
  const asksHelp =
    typed.length === 0 || typed.includes('--help') || typed.includes('-h') || typed[0] === 'help';
  if (command === undefined) {
    const group = COMMANDS.filter(({ name }) => name.startsWith(`${typed[0]} `));
    if (asksHelp) return print(overview(group.length > 0 ? group : COMMANDS));
    throw new CommandError(`There is no command "${typed.slice(0, 2).join(' ')}": see rollcall --help.`, 2);
  }
  if (asksHelp) return print(usage(command));
  const { values, positionals } = parse(command, typed.slice(command.name.split(' ').length));
  if (positionals.length !== command.words.length) throw new CommandError(`Usage: ${synopsis(command)}`, 2);
  const config = readConfig();
  const url =
    typeof values['url'] === 'string'
      ? values['url']
      : (config.publicUrl ?? localUrl(config.host, config.port));
  const result = await command.run({
    words: positionals,
    options: values,
    config,
    admin: () => createAdminClient(url, adminToken(config)),
  });
  if (command.name !== 'serve')
    print(values['json'] === true ? JSON.stringify(result, null, 2) : command.print(result as never));
  if (command.failed?.(result as never) === true) process.exitCode = 1;
}

function parse(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...EVERYWHERE }).map(([name, { type }]) => [name, { type }]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CommandError(
      `${(error as Error).message.split('. ')[0]}: see rollcall ${command.name} --help.`,
      2,
    );
  }
}

function adminToken({ adminToken: given, dataDir }: Config): string {
  const token = given ?? readAdminToken(dataDir);
  if (token !== undefined) return token;
  throw new CommandError(
    `There is no admin token: set ADMIN_TOKEN (${adminTokenFile(dataDir)} cannot be read).`,
  );
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => synopsis(command, false).length));
  return [
    'Usage: rollcall <command>',
    '',
    ...commands.map((command) => `  ${synopsis(command, false).padEnd(width)}  ${command.summary}`),
    '',
    'rollcall <command> --help tells more. The server is set up by environment variables: docs/configuration.md.',
  ].join('\n');
}

function usage(command: Command): string {
  const options = Object.entries({ ...command.options, ...EVERYWHERE });
  const left = options.map(([name, { value }]) => `--${name}${value === undefined ? '' : ` <${value}>`}`);
  const width = Math.max(...left.map((text) => text.length));
  const right = options.map(([, { help }]) => help);
  const lines = left.map((text, index) => `  ${text.padEnd(width)}  ${right[index]}`);
  return [`Usage: ${synopsis(command)}`, '', `${command.summary}.`, '', ...lines].join('\n');
}

function synopsis({ name, words, options }: Command, long = true): string {
  const tail = long && Object.keys(options).length > 0 ? ' [options]' : '';
  return `rollcall ${name}${words.map((word) => ` <${word}>`).join('')}${tail}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [(error as Error).message];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
