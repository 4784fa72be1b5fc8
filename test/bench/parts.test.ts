/** The parts of the benchmark that measure nothing: what is made of figures. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { chart } from '../../bench/chart.ts';
import { insertFragment } from '../../bench/fragment.ts';
import type { Figures, Measured } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import { outcomesOf } from '../../bench/outcome.ts';
import { median } from '../../bench/statistics.ts';
import { figure, markdownTable, plainTable } from '../../bench/table.ts';
import { judge } from '../../bench/verdict.ts';
import { projectRoot } from '../support/project.ts';

t.test('the median is the middle one, or between the two in the middle', async (t) => {
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 2, 9]), 3);
  t.ok(Number.isNaN(median([])));
});

t.test('a goal is missed below its least and above its most, and far off at half or twice', async (t) => {
  t.equal(judge({ least: 0.75 }, 0.75), 'met');
  t.equal(judge({ least: 0.75 }, 0.4), 'missed');
  t.equal(judge({ least: 0.75 }, 0.37), 'far off');
  t.equal(judge({ most: 1 }, 1), 'met');
  t.equal(judge({ most: 1 }, 2), 'missed');
  t.equal(judge({ most: 1 }, 2.1), 'far off');
  t.equal(judge({ most: 1 }, Number.NaN), 'missed');
});

const figures = (perSecond: number): Figures => ({
  perSecond,
  p50: 1,
  p99: 2,
  statements: 1,
  buffers: 10,
  cpu: 0.1,
  databaseCpu: 0.1,
  memory: 100 * 2 ** 20,
});
const measured = (name: string, perSecond: number, bare: number): Measured => ({
  name,
  title: name,
  clients: 1,
  rollcall: figures(perSecond),
  bare: figures(bare),
  ratio: perSecond / bare,
  spread: [0, 1],
});

t.test(
  'goals are judged by ratios, by what lies between two scenarios, and by further measurements',
  async (t) => {
    const all = [
      measured('get-user', 800, 1000),
      measured('member-small-group', 100, 200),
      measured('member-large-group', 50, 200),
      measured('members-10000', 1, 4),
    ];
    const outcomes = outcomesOf(all, new Map([['start', 0.8]]));
    const told = Object.fromEntries(
      outcomes.map(({ goal, value, verdict }) => [goal.name, [value, verdict]]),
    );
    t.strictSame(told, {
      'get-user': [0.8, 'met'],
      'large-to-small-group': [2, 'missed'],
      'members-10000-to-sql': [4, 'missed'],
      memory: [100, 'met'],
      start: [0.8, 'met'],
    });
  },
);

t.test('a table stands as plain text and as Markdown', async (t) => {
  const table = {
    head: ['name', 'n'],
    rows: [
      ['a', '10'],
      ['long name', '1'],
    ],
  };
  t.equal(plainTable(table), 'name        n\n─────────  ──\na          10\nlong name   1');
  t.equal(markdownTable(table), '| name | n |\n| --- | ---: |\n| a | 10 |\n| long name | 1 |');
  t.strictSame([1234.5, 12.34, 1.234, Number.NaN].map(figure), ['1,235', '12.3', '1.23', '–']);
});

t.test('the chart has a bar for each scenario, and a mark for each goal', async (t) => {
  const svg = chart('Ratios & goals', [
    { name: 'a', value: 0.8, goal: 0.75 },
    { name: 'b', value: 0.5, goal: 0.6 },
    { name: 'c', value: 20, goal: undefined },
  ]);
  t.match(svg, 'Ratios &amp; goals');
  t.equal(svg.match(/<rect/g)?.length, 3);
  t.equal(svg.match(/class="goal"/g)?.length, 2);
  t.match(svg, 'class="met"');
  t.match(svg, 'class="missed"');
  for (const [, width] of svg.matchAll(/<rect[^>]* width="([\d.]+)"/g))
    t.ok(Number(width) <= 480, 'inside the chart');
});

t.test('a fragment replaces what is between the marks of its section', async (t) => {
  const page = 'a\n<!-- results at 5 -->\nold\n<!-- end of results at 5 -->\nb\n';
  t.equal(insertFragment(page, 5, 'new'), page.replace('old', 'new'));
  t.throws(() => insertFragment(page, 6, 'new'), /no section for results at 6/);
  const real = readFileSync(join(projectRoot, 'docs/performance.md'), 'utf8');
  for (const users of [100_000, 1_000_000]) t.match(insertFragment(real, users, 'found'), 'found');
});

t.test('options have defaults, and say what cannot be used', async (t) => {
  t.match(readOptions([]), { users: 100_000, groups: 1_000, durable: true, only: [] });
  t.match(readOptions(['--quick', '--only', 'a, b']), { users: 5_000, only: ['a', 'b'] });
  t.equal(readOptions(['--help']), 'help');
  t.throws(() => readOptions(['--users', 'many']), /--users must be a number from 2000 on, not many/);
  t.throws(() => readOptions(['--user', '5']), /--user/);
});

t.test('the bare handler imports nothing from outside its folder', async (t) => {
  const folder = join(projectRoot, 'bench/bare');
  for (const name of readdirSync(folder)) {
    t.notMatch(readFileSync(join(folder, name), 'utf8'), /from '\.\.\//, name);
  }
});
