import { ScimError } from '../../scim/errors.ts';
import { Unreadable } from './unreadable.ts';

/** Why a file was not read to its end: the last that its sender hears. */
export interface Failure {
  readonly failed: string;
  /** The first line that may not be done. */
  readonly line: number;
}

const AGAIN = 'Run the same import again: what is done already is found unchanged.';

/** @param line where nothing more is known */
export function failureOf(error: unknown, line: number, onFault: (error: unknown) => void): Failure {
  if (error instanceof Unreadable) return { failed: `${error.message} ${AGAIN}`, line: error.line };
  if (error instanceof ScimError) return { failed: `${error.message} ${AGAIN}`, line };
  onFault(error);
  return { failed: `The server failed at this file; its log says why. ${AGAIN}`, line };
}
