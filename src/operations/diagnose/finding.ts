/** From what is well to what has to be seen to now. */
export const LEVELS = ['ok', 'note', 'warning', 'problem'] as const;

/** What the doctor has to say of one thing. */
export interface Finding {
  /** What was looked at, such as `indexes`. */
  readonly check: string;
  readonly level: (typeof LEVELS)[number];
  /** One sentence. */
  readonly title: string;
  /** What follows from it. */
  readonly meaning?: string;
  /** A command, SQL, or what to set. */
  readonly todo?: string;
}

/** The findings of a check, or that all is well. */
export function found(
  check: string,
  findings: readonly Omit<Finding, 'check'>[],
  well: string,
): readonly Finding[] {
  if (findings.length === 0) return [{ check, level: 'ok', title: well }];
  return findings.map((finding) => ({ check, ...finding }));
}
