import type { Goal } from './goals.ts';

export type Verdict = 'met' | 'missed' | 'far off';

/** Far off is worse than half of what was to be reached, or more than twice what was allowed. */
export function judge({ least, most }: Pick<Goal, 'least' | 'most'>, value: number): Verdict {
  if (!Number.isFinite(value)) return 'missed';
  if (least !== undefined && value < least) return value < least / 2 ? 'far off' : 'missed';
  if (most !== undefined && value > most) return value > most * 2 ? 'far off' : 'missed';
  return 'met';
}
