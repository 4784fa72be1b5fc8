/** From a client's text to a bound filter, in one step. */
import { invalidFilter } from '../errors.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Leniency } from '../tolerance.ts';
import { bindFilter, type Unknown } from './bind.ts';
import type { BoundFilter } from './bound.ts';
import { type Filter, parseFilter } from './parse.ts';
import { FILTER_LIMITS, GrammarError, type Limits } from './scan.ts';

/** @throws ScimError invalidFilter for what cannot be parsed or bound (B4.04) */
export function readFilter(
  type: ResourceType,
  text: string,
  leniency: Leniency,
  { unknown = 'refuse', limits = FILTER_LIMITS }: { unknown?: Unknown; limits?: Limits } = {},
): BoundFilter {
  let filter: Filter;
  try {
    filter = parseFilter(text, leniency, limits);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw invalidFilter(`The filter cannot be read: ${error.message}.`);
  }
  return bindFilter(type, filter, leniency, unknown);
}
