import type { Finding } from '../operations/diagnose/finding.ts';
import { version } from '../main/version.ts';
import type { Command } from './commands.ts';
import { judgeOutside } from './doctor/judgeOutside.ts';
import { lookFromOutside } from './doctor/outside.ts';

interface Examination {
  readonly version: string;
  readonly database: string;
  readonly at: string;
  readonly publicUrl: string | null;
  readonly findings: readonly Finding[];
}

/** Worst first; what is well comes last, in one line. */
const SHOWN = ['problem', 'warning', 'note'] as const;

/** `rollcall doctor`: what is to be seen to in a running installation, by its server and from outside. */
export const DOCTOR: Command = {
  name: 'doctor',
  words: [],
  summary: 'check a running server, its database and its public address, and say what to do',
  options: {},
  async run({ admin }): Promise<Examination> {
    const client = admin();
    const began = Date.now();
    const seen = await client.request<Examination>('GET', '/doctor');
    const ended = Date.now();
    const at = Date.parse(seen.at);
    const asked = {
      serverVersion: seen.version,
      ownVersion: version(),
      // It may have looked at its clock at any time in between.
      serverAheadMs: at < began ? at - began : Math.max(0, at - ended),
      now: new Date(ended),
    };
    const outside = seen.publicUrl === null ? undefined : await lookFromOutside(seen.publicUrl);
    return { ...seen, findings: [...seen.findings, ...judgeOutside(asked, outside)] };
  },
  print({ version: of, database, findings }: Examination) {
    const shown = SHOWN.flatMap((level) => findings.filter((finding) => finding.level === level));
    const well = findings.filter(({ level }) => level === 'ok').map(({ check }) => check);
    return [
      `Rollcall ${of}, PostgreSQL ${database}`,
      '',
      ...shown.flatMap(({ level, title, meaning, todo }) => [
        `${level.toUpperCase().padEnd(8)} ${title}`,
        ...(meaning === undefined ? [] : [`         ${meaning}`]),
        ...(todo === undefined ? [] : [`         → ${todo}`]),
        '',
      ]),
      `OK       ${well.join(', ')}`,
    ].join('\n');
  },
  failed: ({ findings }: Examination) => findings.some(({ level }) => level === 'problem'),
};
