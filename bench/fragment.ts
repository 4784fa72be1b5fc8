/** What was found, as a part of docs/performance.md. */
import type { Machine } from './machine.ts';
import type { Measured } from './measure.ts';
import type { Options } from './options.ts';
import { type Outcome, outcomeTable } from './outcome.ts';
import { scenarioTable } from './report.ts';
import { markdownTable } from './table.ts';

export interface Found {
  readonly options: Options;
  readonly machine: Machine;
  readonly measured: readonly Measured[];
  readonly outcomes: readonly Outcome[];
}

/** @param chart the address of the chart, as seen from the page */
export function fragment({ options, machine, measured, outcomes }: Found, chart: string): string {
  const { processors, model, memoryGb, node, postgres, settings, commit } = machine;
  const set = Object.entries(settings).map(([name, value]) => `\`${name}=${value}\``);
  const count = (n: number): string => n.toLocaleString('en');
  return [
    `${processors} processors (${model}), ${memoryGb} GB of memory, Node.js ${node}, PostgreSQL ${postgres}, Rollcall ${commit}. ` +
      `${count(options.users)} users, ${count(options.groups)} groups, ${count(options.tenants)} small tenants beside them; ` +
      `${options.rounds} rounds of ${options.seconds} s a side. PostgreSQL with ${set.join(', ')}.`,
    `![Requests per second, in proportion to the bare handler](${chart})`,
    markdownTable(outcomeTable(outcomes)),
    markdownTable(scenarioTable(measured)),
  ].join('\n\n');
}

/** Puts a text between the marks of a section. @throws Error when the page has no such section */
export function insertFragment(page: string, users: number, text: string): string {
  const [begin, end] = [`<!-- results at ${users} -->`, `<!-- end of results at ${users} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no section for results at ${users} users`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
