/** What was found, for people: rows of the table, one line for each scenario. */
import { GOALS } from './goals.ts';
import type { Measured } from './measure.ts';
import { figure, type Table } from './table.ts';

const HEAD =
  'scenario|clients|requests/s|bare|ratio|goal|p50 ms|bare|p99 ms|bare|statements|bare|buffers|bare|CPU ms|bare|DB CPU ms|bare|memory MB'.split(
    '|',
  );

export function scenarioTable(measured: readonly Measured[]): Table {
  return {
    head: HEAD,
    rows: measured.map(({ name, clients, rollcall, bare, ratio }) => {
      const goal = GOALS.find((one) => one.name === name)?.least;
      const met = goal === undefined ? '' : `${ratio >= goal ? 'met' : 'missed'} ${goal}`;
      const pair = (of: (side: Measured['bare']) => number): string[] => [
        figure(of(rollcall)),
        figure(of(bare)),
      ];
      return [
        name,
        String(clients),
        ...pair((side) => side.perSecond),
        figure(ratio),
        met,
        ...pair((side) => side.p50),
        ...pair((side) => side.p99),
        ...pair((side) => side.statements),
        ...pair((side) => side.buffers),
        ...pair((side) => side.cpu),
        ...pair((side) => side.databaseCpu),
        figure(rollcall.memory / 2 ** 20),
      ];
    }),
  };
}
