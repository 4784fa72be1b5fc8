/** A statement with its slots filled. */
export interface Filled {
  readonly text: string;
  readonly values: unknown[];
  readonly keyed: boolean;
  /** Whether it is sent by name, so that it is planned once. */
  readonly planned: boolean;
}

/** Sends a statement and gives its rows. */
export type Send = (statement: Filled) => Promise<readonly unknown[]>;
