import type { DatabaseFacts } from '../../store/doctor/facts.ts';
import { type Finding, found } from './finding.ts';
import { inBytes, inTime } from './inWords.ts';

/** Use has to be counted for as long, in seconds, and as often, before an index that nobody used is named. */
const WEEK = 604_800;
const TRAFFIC = 100_000;
/** What an index that nobody uses may take before it is worth a word. */
const LARGE = 100_000_000;

type Facts = Pick<DatabaseFacts, 'migrations' | 'indexes' | 'undistributed'>;
type Draft = Omit<Finding, 'check'>;

/** Whether the tables and indexes are what the migrations make. */
export function judgeSchema({ migrations, indexes, undistributed }: Facts): readonly Finding[] {
  return [
    ...found('migrations', ofMigrations(migrations), 'Every migration is applied.'),
    ...found('indexes', ofIndexes(indexes), `All ${indexes.expected.length} indexes are there and valid.`),
    ...(undistributed === undefined ? [] : found('citus', ofCitus(undistributed), 'Citus has every table.')),
  ];
}

function ofMigrations({ pending, trouble }: Facts['migrations']): readonly Draft[] {
  if (trouble !== undefined) return [{ level: 'problem', title: trouble }];
  if (pending.length === 0) return [];
  return [
    {
      level: 'problem',
      title: `The database lacks ${pending.join(', ')}.`,
      meaning: 'The server is newer than the tables, and does not answer requests for long.',
      todo: 'rollcall migrate',
    },
  ];
}

function ofIndexes({ expected, found: there, countedFor }: Facts['indexes']): readonly Draft[] {
  const byName = new Map(there.map((index) => [index.name, index]));
  const missing = expected.filter(({ name }) => !byName.has(name));
  const invalid = expected.filter(({ name }) => byName.get(name)?.valid === false);
  const scans = there.reduce((sum, index) => sum + index.scans, 0);
  const unused =
    (countedFor ?? 0) < WEEK || scans < TRAFFIC
      ? []
      : there.filter((index) => index.scans === 0 && !index.unique && index.size >= LARGE);
  return [
    ...missing.map(
      ({ name, sql }): Draft => ({
        level: 'problem',
        title: `The index ${name} is missing.`,
        meaning: 'What it answers is answered by reading the table, and what it keeps unique is not.',
        todo: sql ?? 'It belongs to a constraint: restore it from a backup of the schema.',
      }),
    ),
    ...invalid.map(
      ({ name }): Draft => ({
        level: 'problem',
        title: `The index ${name} is not valid.`,
        meaning: 'Making it was broken off. It is kept up to date, and not used.',
        todo: `reindex index concurrently rollcall_data.${name};`,
      }),
    ),
    ...unused.map(
      ({ name, size }): Draft => ({
        level: 'note',
        title: `Nothing has used the index ${name} (${inBytes(size)}) for ${inTime(countedFor ?? 0)}.`,
        meaning:
          'Perhaps nobody here asks what it is for. It belongs to the schema all the same: leave it there.',
      }),
    ),
  ];
}

function ofCitus(undistributed: readonly string[]): readonly Draft[] {
  if (undistributed.length === 0) return [];
  return [
    {
      level: 'problem',
      title: `Citus does not have ${undistributed.join(', ')} yet.`,
      meaning: 'Statements that need them together with others are refused.',
      todo: 'rollcall migrate --citus',
    },
  ];
}
