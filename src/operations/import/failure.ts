import { ScimError } from '../../scim/errors.ts';
import { Unreadable } from './unreadable.ts';

/** Why a file was not read to its end: the last that its sender hears. */
export interface Failure {
  readonly failed: string;
  /** The first line that may not be done. */
  readonly line: number;
}

/**
 * @param line where nothing more is known
 * @param again what running it again does
 */
export function failureOf(
  error: unknown,
  line: number,
  again: string,
  onFault: (error: unknown) => void,
): Failure {
  if (error instanceof Unreadable) return { failed: `${error.message} ${again}`, line: error.line };
  if (error instanceof ScimError) return { failed: `${error.message} ${again}`, line };
  onFault(error);
  return { failed: `The server failed at this file; its log says why. ${again}`, line };
}
