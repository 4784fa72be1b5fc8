/** Sends a file of people to a running server, and shows how it goes. */
import { createReadStream, statSync } from 'node:fs';
import type { AdminClient } from './adminClient.ts';
import { CommandError } from './commandError.ts';
import type { Given, Option } from './commands.ts';
import { progressOn } from './progress.ts';

/** What every command that sends a file wants to know. */
export const FILE_OPTIONS: Readonly<Record<string, Option>> = {
  tenant: { type: 'string', value: 'slug', help: 'whose accounts these are' },
  format: { type: 'string', value: 'csv|ndjson', help: 'what the file is, where its name does not say so' },
};

const TYPES: Readonly<Record<string, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };
const BY_NAME: Readonly<Record<string, string>> = { csv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' };
const AGAIN = 'Run the same command again: what is done already is found unchanged.';

type Message = {
  readonly progress?: { readonly lines: number; readonly bytes: number };
  readonly report?: unknown;
  readonly failed?: string;
  readonly line?: number;
};

/**
 * @param show what to say of a message that is neither progress nor the last one
 * @returns the report
 * @throws CommandError when the file cannot be read, or the server does not get to its end
 */
export async function sendFile<Report>(
  admin: AdminClient,
  what: 'import' | 'preflight',
  query: string,
  file: string,
  options: Given['options'],
  show: (message: never) => string,
): Promise<Report> {
  const { tenant } = options;
  if (typeof tenant !== 'string') throw new CommandError('Say whose accounts these are: --tenant acme', 2);
  const type = typeOf(file, options['format']);
  const { stream, size } = open(file);
  const progress = progressOn(process.stderr, size);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const path = `/tenants/${encodeURIComponent(tenant)}/${what}${query}`;
    const upload = { type, bytes: stream, signal: stop.signal };
    for await (const message of admin.upload<Message>(path, upload)) {
      if (message.progress) progress.show(message.progress);
      else if (message.failed !== undefined)
        throw new CommandError(`Stopped at line ${message.line}: ${message.failed}`);
      else if (message.report !== undefined) return message.report as Report;
      else progress.note(show(message as never));
    }
    throw new CommandError(`The server has gone away. ${AGAIN}`);
  } catch (error) {
    throw stop.signal.aborted ? new CommandError(`Stopped. ${AGAIN}`) : error;
  } finally {
    process.off('SIGINT', interrupt);
    progress.end();
    stop.abort();
    stream.destroy();
  }
}

function typeOf(file: string, format: string | boolean | undefined): string {
  const name =
    typeof format === 'string' ? format : (BY_NAME[/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''] ?? '');
  const type = TYPES[name];
  if (type === undefined) throw new CommandError('Say what the file is: --format csv or --format ndjson', 2);
  return type;
}

function open(file: string) {
  if (file === '-') return { stream: process.stdin, size: undefined };
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new Error('it is a folder');
    return {
      stream: createReadStream(file, { highWaterMark: 262_144 }),
      size: stats.isFile() ? stats.size : undefined,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(`The file ${file} cannot be read (${code ?? message}).`);
  }
}
