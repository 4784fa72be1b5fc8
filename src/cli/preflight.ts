import type { Command } from './commands.ts';
import { counted } from './counted.ts';
import { FILE_OPTIONS, sendFile } from './sendFile.ts';

interface Some<T> {
  readonly count: number;
  readonly examples: readonly T[];
}
interface Example {
  readonly line: number;
  readonly userName: string;
  readonly reason: string;
}

interface Report {
  readonly lines: number;
  readonly errors: number;
  readonly matched: Some<Example>;
  readonly doubled: Some<Example>;
  readonly rejected: Some<Example>;
  readonly new: { readonly count: number };
  readonly orphaned: Some<{ readonly userName: string | null; readonly applicationId: string | null }>;
}

/** `rollcall preflight`: what would become of the accounts when the identity provider goes live. */
export const PREFLIGHT: Command = {
  name: 'preflight',
  words: ['file'],
  summary: "compare the identity provider's list of users with the accounts that are there; changes nothing",
  options: FILE_OPTIONS,
  run: ({ words: [file = ''], options, admin }) =>
    sendFile<Report>(
      admin(),
      'preflight',
      '',
      file,
      options,
      ({ line, error }: { line?: number; error?: string }) => `line ${line}: ${error}`,
    ),
  print({ lines, errors, matched, doubled, rejected, new: fresh, orphaned }: Report) {
    const reasons = ({ examples }: Some<Example>) =>
      examples.map(({ line, userName, reason }) => `  line ${line}, ${userName}: ${reason}`);
    return [
      `${counted(lines, 'line')}, ${counted(errors, 'error')}.`,
      `${counted(matched.count)} would be matched with accounts that are there.`,
      `${counted(fresh.count)} would be new.`,
      `${counted(doubled.count)} would be doubled:`,
      ...reasons(doubled),
      `${counted(rejected.count)} would be refused with 409, unless the provider looks for users before it creates them:`,
      ...reasons(rejected),
      `${counted(orphaned.count)} would be orphaned, being in no line:`,
      ...orphaned.examples.map(
        ({ userName, applicationId }) =>
          `  ${userName}${applicationId === null ? '' : ` (${applicationId})`}`,
      ),
    ].join('\n');
  },
  failed: ({ errors, doubled, rejected }: Report) => errors + doubled.count + rejected.count > 0,
};
