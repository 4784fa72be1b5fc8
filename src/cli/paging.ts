import type { Given, Option } from './commands.ts';

/** Lists can be long; these say which part is meant. */
export const PAGE_OPTIONS = {
  limit: { type: 'string', value: '100', help: 'how many are shown, up to 1000 (default 100)' },
  after: { type: 'string', value: 'place', help: 'go on where an earlier answer has ended' },
} as const satisfies Readonly<Record<string, Option>>;

export function pageQuery({ limit, after }: Given['options']): string {
  const given = Object.entries({ limit, after }).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${name}=${encodeURIComponent(value)}`] : [],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

/** @returns a line that says how to go on, where there is more */
export function more(next: string | undefined): readonly string[] {
  return next === undefined ? [] : [`There is more: --after ${next}`];
}
