/** Which effects wait, and under which hold. */
export interface Policy {
  readonly holdAll: boolean;
  readonly holdRemovals: boolean;
  /** Of what is held now; null where nothing is. */
  readonly holdId: string | null;
}

/** Nothing waits. */
export const APPLY: Policy = Object.freeze({ holdAll: false, holdRemovals: false, holdId: null });
