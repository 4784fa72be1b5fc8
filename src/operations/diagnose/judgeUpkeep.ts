import type { DatabaseFacts } from '../../store/doctor/facts.ts';
import { type Finding, found } from './finding.ts';
import { inBytes, inTime } from './inWords.ts';

type Facts = Pick<DatabaseFacts, 'tables' | 'transactions' | 'slots'>;
type Draft = Omit<Finding, 'check'>;

/** Fewer rows than this are read as fast as they are counted. */
const FEW = 10_000;
/** At two billion PostgreSQL takes no more writes. */
const NEAR_WRAPAROUND = 1_500_000_000;
const GB = 1_000_000_000;

/** Whether the database keeps itself in order, and what keeps it from that. */
export function judgeUpkeep({ tables, transactions, slots }: Facts): readonly Finding[] {
  return [
    ...found('vacuum', ofTables(tables), 'No table has many dead rows, and all that are large are analysed.'),
    ...found('transaction-ids', ofAge(transactions), 'Transaction ids are far from running out.'),
    ...found('transactions', ofOpen(transactions), 'No transaction is open for long.'),
    ...found('replication', ofSlots(slots), 'No replication slot holds up anything.'),
  ];
}

function ofTables(tables: Facts['tables']): readonly Draft[] {
  return tables.flatMap(({ name, rows, dead, size, lastVacuum, lastAnalyze }): readonly Draft[] => {
    const share = dead / Math.max(1, rows + dead);
    const drafts: Draft[] = [];
    if (dead >= FEW && share >= 0.2)
      drafts.push({
        level: 'warning',
        title: `${Math.round(share * 100)} % of the rows of ${name} (${inBytes(size)}) are dead; last vacuumed ${dayOf(lastVacuum)}.`,
        meaning: 'They are read over again and again. Something holds vacuum up, or it begins too late.',
        todo: `vacuum (verbose) rollcall_data.${name};  -- then let it begin earlier: docs/scaling.md`,
      });
    if (rows >= FEW && lastAnalyze === null)
      drafts.push({
        level: 'warning',
        title: `The table ${name}, with some ${Math.round(rows)} rows, was never analysed.`,
        meaning: 'PostgreSQL guesses what is in it, and may choose plans that read all of it.',
        todo: `analyze rollcall_data.${name};`,
      });
    return drafts;
  });
}

const dayOf = (time: Date | null): string => (time === null ? 'never' : time.toISOString().slice(0, 10));

function ofAge({ age, freezeAt }: Facts['transactions']): readonly Draft[] {
  if (age <= freezeAt * 1.25) return [];
  return [
    {
      level: age >= NEAR_WRAPAROUND ? 'problem' : 'warning',
      title: `The oldest row was frozen ${Math.round(age / 1e6)} million transactions ago.`,
      meaning:
        'At two billion the database takes no more writes. Something keeps autovacuum from getting there.',
      todo: 'End old transactions and unused replication slots, then: vacuumdb --all --freeze',
    },
  ];
}

function ofOpen({ open, prepared }: Facts['transactions']): readonly Draft[] {
  const old = open.filter(({ seconds }) => seconds >= 60);
  return [
    ...old.map(({ pid, seconds, state, application, writes }): Draft => {
      const isProblem = seconds >= (writes ? 600 : 3_600);
      return {
        level: isProblem ? 'problem' : seconds >= 300 ? 'warning' : 'note',
        title: `A transaction of ${application === '' ? 'somebody' : `"${application}"`} is open for ${inTime(seconds)} (${state}, process ${pid}).`,
        meaning: writes
          ? 'Nobody reads any newer change in the feed before it ends, and vacuum removes nothing that is newer.'
          : 'Vacuum removes nothing that is newer before it ends.',
        todo: `select pg_terminate_backend(${pid});`,
      };
    }),
    ...prepared.map(
      ({ name, seconds }): Draft => ({
        level: seconds >= 3_600 ? 'problem' : 'warning',
        title: `The prepared transaction "${name}" waits for ${inTime(seconds)}.`,
        meaning:
          'Nobody reads any newer change in the feed before it ends, and what it has locked stays locked.',
        todo: `rollback prepared '${name.replaceAll("'", "''")}';  -- or commit prepared; with Citus, ask it first`,
      }),
    ),
  ];
}

function ofSlots(slots: Facts['slots']): readonly Draft[] {
  return slots
    .filter(({ active, kept }) => !active && kept >= GB)
    .map(({ name, kept }) => ({
      level: kept >= 10 * GB ? 'problem' : 'warning',
      title: `The replication slot ${name}, which nobody reads, keeps ${inBytes(kept)} of the log.`,
      meaning: 'It keeps more until somebody reads it, or until the disk is full.',
      todo: `select pg_drop_replication_slot('${name}');  -- if its reader is gone for good`,
    }));
}
