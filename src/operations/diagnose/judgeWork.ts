import type { DatabaseFacts } from '../../store/doctor/facts.ts';
import { type Finding, found } from './finding.ts';
import { inTime } from './inWords.ts';

type Facts = Pick<DatabaseFacts, 'now' | 'work'>;
type Draft = Omit<Finding, 'check'>;

const DAY_MS = 86_400_000;
const since = (now: Date, time: Date | null): string =>
  inTime(time === null ? 0 : (now.getTime() - time.getTime()) / 1000);

/** Whether what servers do by themselves is done, and what waits for a person. */
export function judgeWork({ now, work }: Facts): readonly Finding[] {
  return [
    ...found('log', ofPartitions(now, work.partitions), 'The provisioning log has its days.'),
    ...found('holds', ofHolds(now, work.holds), 'Nothing waits for an approval.'),
    ...found('jobs', ofJobs(now, work), 'Purges and new settings are carried out.'),
    ...found('tokens', ofTokens(now, work.expiring), 'No token expires within 30 days.'),
  ];
}

function ofPartitions(now: Date, partitions: readonly string[]): readonly Draft[] {
  const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
  const missing = [0, DAY_MS]
    .map((ahead) => dayOf(now.getTime() + ahead))
    .filter((day) => !partitions.includes(day));
  if (missing.length === 0) return [];
  return [
    {
      level: 'warning',
      title: `The provisioning log has no place for ${missing.join(' and ')}.`,
      meaning:
        'A server makes it once something is to be written there. Perhaps the role may not make tables.',
      todo: 'grant create on schema rollcall_data to <role>;  -- and see the log for exchanges that were dropped',
    },
  ];
}

function ofHolds(now: Date, { open, oldest, overdue }: Facts['work']['holds']): readonly Draft[] {
  const drafts: Draft[] = [];
  if (open > 0)
    drafts.push({
      level: 'note',
      title: `${open} ${open === 1 ? 'hold waits' : 'holds wait'} for somebody to decide, the oldest for ${since(now, oldest)}.`,
      meaning: 'Removals that the identity provider asked for have not reached the application.',
      todo: 'rollcall hold list <tenant>',
    });
  if (overdue > 0)
    drafts.push({
      level: 'warning',
      title: `${overdue} ${overdue === 1 ? 'hold' : 'holds'} should have ended by now.`,
      meaning: 'The job "holds" does not get to it.',
      todo: 'See the log for the job, and rollcall_jobs_total in /metrics.',
    });
  return drafts;
}

function ofJobs(now: Date, { recomputations: { overdue, oldest }, purges }: Facts['work']): readonly Draft[] {
  const drafts: Draft[] = [];
  const todo = 'See the log for the job, and rollcall_jobs_total in /metrics.';
  if (overdue > 0)
    drafts.push({
      level: oldest !== null && now.getTime() - oldest.getTime() > DAY_MS / 24 ? 'problem' : 'warning',
      title: `${overdue} changes of settings are still not carried out, the oldest for ${since(now, oldest)}.`,
      meaning: 'Accounts and memberships are as the settings before would have them.',
      todo,
    });
  if (purges > 0)
    drafts.push({
      level: 'warning',
      title: `Leavers of ${purges} ${purges === 1 ? 'tenant' : 'tenants'} are kept beyond their retention.`,
      meaning: 'They were promised to be gone by now.',
      todo,
    });
  return drafts;
}

function ofTokens(now: Date, expiring: Facts['work']['expiring']): readonly Draft[] {
  return expiring.map(({ tenant, name, expiresAt }) => {
    const days = Math.ceil((expiresAt.getTime() - now.getTime()) / DAY_MS);
    const gone = expiresAt <= now;
    return {
      level: days <= 7 ? 'warning' : 'note',
      title: `The token "${name}" of ${tenant} ${gone ? 'has expired' : `expires in ${days} ${days === 1 ? 'day' : 'days'}`}.`,
      meaning: 'The identity provider that has it is answered with 401 from then on.',
      todo: gone
        ? `rollcall token create ${tenant} --name ${JSON.stringify(name)}, or revoke it if it is not used any more`
        : `rollcall token create ${tenant} --name ${JSON.stringify(name)}, and enter it there before`,
    };
  });
}
