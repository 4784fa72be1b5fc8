import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  readonly users: number;
  readonly groups: number;
  /** Small tenants beside the large one. */
  readonly tenants: number;
  /** Names of scenarios; empty for all. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Of each phase. */
  readonly seconds: number;
  /** Simultaneous requests where they are small; undefined for what each scenario names. */
  readonly concurrency: number | undefined;
  readonly quick: boolean;
  /** Whether PostgreSQL waits for the disk. */
  readonly durable: boolean;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly svg: string | undefined;
  /** Folder of a database that is seeded once and measured many times. */
  readonly keep: string | undefined;
  /** The folder of another build of Rollcall. */
  readonly rollcall: string | undefined;
  /** Folder for CPU profiles of Rollcall, one for each scenario. */
  readonly prof: string | undefined;
  /** Whether docs/performance.md is brought up to date. */
  readonly docs: boolean;
}

export const USAGE = `npm run bench -- [options]

  --only a,b          only these scenarios (names as in the table)
  --users n           users of the large tenant, 100000
  --groups n          groups of it, 1000; the first has every user
  --tenants n         small tenants beside it, 10000
  --rounds n          rounds of each scenario, 5
  --seconds n         of each phase of a round, 3
  --concurrency n     simultaneous small requests, 16
  --quick             a minute for CI: 5000 users, short rounds; fails only on what is far off
  --fast-commit       PostgreSQL does not wait for the disk
  --keep folder       keep the seeded database there, and use it again
  --rollcall folder   measure the build in another checkout
  --prof folder       a CPU profile of Rollcall for each scenario
  --json file, --markdown file, --svg file
  --docs              bring docs/performance.md up to date
`;

/** @throws Error in one line when an option cannot be used */
export function readOptions(args: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: text,
      users: text,
      groups: text,
      tenants: text,
      rounds: text,
      seconds: text,
      concurrency: text,
      keep: text,
      rollcall: text,
      prof: text,
      json: text,
      markdown: text,
      svg: text,
      quick: flag,
      docs: flag,
      help: flag,
      'fast-commit': flag,
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  return {
    users: number('users', values.users, quick ? 5_000 : 100_000, 2_000),
    groups: number('groups', values.groups, quick ? 200 : 1_000, 100),
    tenants: number('tenants', values.tenants, quick ? 200 : 10_000, 1),
    only: values.only?.split(',').map((name) => name.trim()) ?? [],
    rounds: number('rounds', values.rounds, quick ? 2 : 5, 1),
    seconds: number('seconds', values.seconds, quick ? 0.3 : 3, 0.05),
    concurrency:
      values.concurrency === undefined ? undefined : number('concurrency', values.concurrency, 16, 1),
    quick,
    durable: !values['fast-commit'],
    json: values.json,
    markdown: values.markdown,
    svg: values.svg,
    keep: values.keep,
    rollcall: values.rollcall,
    prof: values.prof,
    docs: values.docs,
  };
}

function number(name: string, given: string | undefined, otherwise: number, least: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (!(value >= least)) throw new Error(`--${name} must be a number from ${least} on, not ${given}`);
  return value;
}
