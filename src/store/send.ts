import type { Statement } from './statement.ts';

/** Sends a statement with its slots filled, and gives the rows. */
export type Send = (statement: Statement<never, unknown>, values: unknown[]) => Promise<readonly unknown[]>;
