/** The brake: whether removals take effect, or wait for a person. */
import type { BrakeSettings } from './settings.ts';

export interface Counted {
  /** Removals that have taken effect within the window, without those of this change. */
  readonly removalsInWindow: number;
  readonly activeAccounts: number;
  /** Removals that this change would bring. */
  readonly removalsNow: number;
}

/**
 * Removals are held when those of the window and those of this change together are more than the number set, or more
 * than the share set, in per cent of the active accounts; where both are set, either is enough, so that the smaller limit
 * counts. Exactly as many as the limit still take effect. A change is held as a whole, and what brings no removal never.
 */
export function decideBrake(
  { removals, share }: Pick<BrakeSettings, 'removals' | 'share'>,
  { removalsInWindow, activeAccounts, removalsNow }: Counted,
): 'apply' | 'hold' {
  if (removalsNow === 0) return 'apply';
  const all = removalsInWindow + removalsNow;
  const beyondNumber = removals !== null && all > removals;
  const beyondShare = share !== null && all * 100 > share * activeAccounts;
  return beyondNumber || beyondShare ? 'hold' : 'apply';
}
