/** What a client asks for when it lists resources (RFC 7644 §3.4.2, RFC 9865), by URL or by SearchRequest. */
import { invalidSyntax, invalidValue } from '../errors.ts';
import { isObject } from '../resource/document.ts';
import type { Leniency } from '../tolerance.ts';

export const DEFAULT_COUNT = 100;
export const MAX_COUNT = 1000;

const SEARCH_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:searchrequest';

/** What was asked, before any name in it is tied to a resource type. */
export interface Query {
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly descending: boolean;
  readonly startIndex: number;
  readonly count: number;
  /** Empty for the first page; undefined for paging by index. */
  readonly cursor: string | undefined;
  readonly attributes: readonly string[] | undefined;
  readonly excludedAttributes: readonly string[] | undefined;
}

/** A parameter by its name: text, or a whole number where the message is JSON. */
type Parameters = (name: string) => unknown;

/**
 * Reads the parameters of a URL; unknown ones are ignored (B1.06).
 * @param parameters as parsed from the query string; a repeated one is a list
 * @throws ScimError invalidValue for a repeated parameter or a value that is none
 */
export function readQuery(parameters: Readonly<Record<string, unknown>>): Query {
  return read((name) => {
    const value = parameters[name];
    if (Array.isArray(value)) throw invalidValue(`The parameter "${name}" is given more than once.`);
    return value;
  });
}

/**
 * Reads a SearchRequest (B4.60); unknown members are ignored.
 * @throws ScimError invalidSyntax for another message, invalidValue for a value that is none
 */
export function readSearchRequest(body: unknown, leniency: Leniency): Query {
  if (!isObject(body)) throw invalidSyntax('The body must be a SearchRequest message.');
  const schemas = body['schemas'];
  const named =
    Array.isArray(schemas) &&
    schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === SEARCH_REQUEST);
  if (!named && !(schemas === undefined && leniency.use('schemas-missing'))) {
    throw invalidSyntax('"schemas" must name urn:ietf:params:scim:api:messages:2.0:SearchRequest.');
  }
  return read((name) => body[name] ?? undefined);
}

function read(parameter: Parameters): Query {
  const startIndex = integer('startIndex', parameter('startIndex'));
  const cursor = text('cursor', parameter('cursor'));
  // C1.09
  if (startIndex !== undefined && cursor !== undefined) {
    throw invalidValue('Give "startIndex" or "cursor", not both.');
  }
  // B4.40: below 1 means 1, a negative count means 0. B4.41: a count above the maximum is cut to it.
  return {
    filter: text('filter', parameter('filter')),
    sortBy: text('sortBy', parameter('sortBy')),
    descending: isDescending(text('sortOrder', parameter('sortOrder'))),
    startIndex: Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, startIndex ?? 1)),
    count: Math.min(MAX_COUNT, Math.max(0, integer('count', parameter('count')) ?? DEFAULT_COUNT)),
    cursor,
    attributes: names('attributes', parameter('attributes')),
    excludedAttributes: names('excludedAttributes', parameter('excludedAttributes')),
  };
}

function text(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw invalidValue(`"${name}" must be text.`);
  return value;
}

function integer(name: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return undefined;
  const given = typeof value === 'number' ? String(value) : value;
  if (typeof given !== 'string' || !/^\s*[+-]?\d+\s*$/.test(given))
    throw invalidValue(`"${name}" must be a whole number.`);
  return Number(given);
}

// B4.31
function isDescending(order: string | undefined): boolean {
  const lower = (order ?? 'ascending').trim().toLowerCase();
  if (lower === 'descending') return true;
  if (lower === 'ascending' || lower === '') return false;
  throw invalidValue('"sortOrder" must be ascending or descending.');
}

// B4.54: names by commas in a URL, a list in a SearchRequest, where text is accepted too.
function names(name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list: unknown = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw invalidValue(`"${name}" must be a list of attribute names.`);
  }
  return list.map((item: string) => item.trim()).filter((item) => item !== '');
}
