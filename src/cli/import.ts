import type { Command } from './commands.ts';
import { counted } from './counted.ts';
import { FILE_OPTIONS, sendFile } from './sendFile.ts';

interface Report {
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly errors: number;
  readonly dryRun: boolean;
  readonly seconds: number;
}

type Message = { line?: number; error?: string; conflict?: string };

/** `rollcall import`: the accounts that the application had before. */
export const IMPORT: Command = {
  name: 'import',
  words: ['file'],
  summary: 'import the accounts that there were before, from a CSV or NDJSON file; - for standard input',
  options: {
    ...FILE_OPTIONS,
    'dry-run': { type: 'boolean', help: 'only say what would be done' },
  },
  run({ words: [file = ''], options, admin }) {
    const query = options['dry-run'] === true ? '?dryRun=true' : '';
    return sendFile<Report>(
      admin(),
      'import',
      query,
      file,
      options,
      ({ line, error, conflict }: Message) => `line ${line}: ${error ?? conflict}`,
    );
  },
  print({ lines, created, updated, unchanged, conflicts, errors, dryRun, seconds }: Report) {
    const sums = [
      `${counted(created)} created`,
      `${counted(updated)} updated`,
      `${counted(unchanged)} unchanged`,
      counted(conflicts, 'conflict'),
      counted(errors, 'error'),
    ].join(', ');
    const end = dryRun ? ' This was a dry run: nothing has been changed.' : '';
    return `${counted(lines, 'line')}: ${sums}, in ${seconds.toFixed(1)} s.${end}`;
  },
  failed: ({ conflicts, errors }: Report) => conflicts + errors > 0,
};
