/** What became of the goals. */
import { type Goal, GOALS } from './goals.ts';
import type { Measured } from './measure.ts';
import { figure, type Table } from './table.ts';
import { judge, type Verdict } from './verdict.ts';

export interface Outcome {
  readonly goal: Goal;
  readonly value: number;
  readonly verdict: Verdict;
}

/**
 * Judges the goals about which something was measured.
 * @param further measurements beside the scenarios, by the name of their goal
 */
export function outcomesOf(
  measured: readonly Measured[],
  further: ReadonlyMap<string, number>,
): readonly Outcome[] {
  const known = new Map([
    ...measured.map(({ name, ratio }) => [name, ratio] as const),
    ...between(measured),
    ...further,
  ]);
  return GOALS.flatMap((goal) => {
    const value = known.get(goal.name);
    return value === undefined ? [] : [{ goal, value, verdict: judge(goal, value) }];
  });
}

/** What follows from two figures of scenarios: how much longer a request takes. */
function between(measured: readonly Measured[]): readonly (readonly [string, number])[] {
  const of = (name: string): Measured | undefined => measured.find((one) => one.name === name);
  const longer = (name: string, slow = of(name)?.rollcall, quick = of(name)?.bare) =>
    slow && quick ? quick.perSecond / slow.perSecond : undefined;
  const pairs: readonly (readonly [string, number | undefined])[] = [
    [
      'large-to-small-group',
      longer('', of('member-large-group')?.rollcall, of('member-small-group')?.rollcall),
    ],
    ['members-10000-to-sql', longer('members-10000')],
    ['last-to-first-page', longer('', of('list-last')?.rollcall, of('list-first')?.rollcall)],
    [
      'last-to-first-page-cursor',
      longer('', of('list-last-cursor')?.rollcall, of('list-first-cursor')?.rollcall),
    ],
    [
      'memory',
      measured.length === 0
        ? undefined
        : Math.max(...measured.map(({ rollcall }) => rollcall.memory)) / 2 ** 20,
    ],
  ];
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

export function outcomeTable(outcomes: readonly Outcome[]): Table {
  return {
    head: ['goal', 'measured', 'wanted', 'verdict'],
    rows: outcomes.map(({ goal, value, verdict }) => {
      const unit = goal.unit === 'ratio' ? '' : ` ${goal.unit}`;
      const wanted = goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`;
      return [`${goal.name}: ${goal.title}`, `${figure(value)}${unit}`, `${wanted}${unit}`, verdict];
    }),
  };
}
