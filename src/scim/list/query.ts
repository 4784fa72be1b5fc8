/** Query parameters of a list (RFC 7644 §3.4.2), and of any answer that carries a resource (§3.9). */
import { invalidValue } from '../errors.ts';

export const DEFAULT_COUNT = 100;
export const MAX_COUNT = 1000;

/** Parameters as they were written, before any is tied to a resource type. */
export interface Query {
  readonly filter: string | undefined;
  readonly startIndex: number;
  readonly count: number;
  readonly attributes: readonly string[] | undefined;
  readonly excludedAttributes: readonly string[] | undefined;
}

/**
 * Reads the parameters of a URL; unknown ones are ignored (B1.06).
 * @param parameters as parsed from the query string; a repeated one is a list
 * @throws ScimError invalidValue for a repeated parameter or a number that is none
 */
export function readQuery(parameters: Readonly<Record<string, unknown>>): Query {
  const one = (name: string): string | undefined => {
    const value = parameters[name];
    if (Array.isArray(value)) throw invalidValue(`The parameter "${name}" is given more than once.`);
    return typeof value === 'string' ? value : undefined;
  };
  // B4.40: below 1 means 1, a negative count means 0, and both are integers. B4.41: a count above the maximum
  // is cut to it.
  return {
    filter: one('filter'),
    startIndex: Math.max(1, integer('startIndex', one('startIndex')) ?? 1),
    count: Math.min(MAX_COUNT, Math.max(0, integer('count', one('count')) ?? DEFAULT_COUNT)),
    attributes: names(one('attributes')),
    excludedAttributes: names(one('excludedAttributes')),
  };
}

function integer(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(text)) throw invalidValue(`"${name}" must be a whole number.`);
  return Number(text);
}

function names(text: string | undefined): readonly string[] | undefined {
  const list = text?.split(',').map((name) => name.trim());
  return list?.filter((name) => name !== '');
}
