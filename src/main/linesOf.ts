import { ConfigError } from '../config.ts';
import { StartError } from './startError.ts';

/** Why the start failed, for the person who reads standard error. */
export function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError)
    return [...error.problems, 'docs/configuration.md describes every variable.'];
  if (error instanceof StartError) return [error.message];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
