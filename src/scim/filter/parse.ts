/** From text to a filter tree (RFC 7644 §3.4.2.2, grammar B4a). */
import { parse, type Filter as LibraryFilter } from 'scim2-parse-filter';
import type { Leniency } from '../tolerance.ts';
import { FILTER_LIMITS, GrammarError, type Limits, scan } from './scan.ts';
import { type Literal, liftSkeleton, type Skeleton } from './skeleton.ts';

export type CompareOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

/** A filter as written: its names are still text. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Filter[] }
  | { readonly kind: 'not'; readonly term: Filter }
  | {
      readonly kind: 'compare';
      readonly path: string;
      readonly operator: CompareOperator;
      readonly value: Literal;
    }
  | { readonly kind: 'present'; readonly path: string }
  | { readonly kind: 'element'; readonly path: string; readonly filter: Filter };

/**
 * Parses a filter.
 * @throws GrammarError saying what is wrong; the caller knows which scimType that is
 */
export function parseFilter(text: string, leniency: Leniency, limits: Limits = FILTER_LIMITS): Filter {
  const tokens = scan(text, limits);
  if (tokens.length === 0) throw new GrammarError('it is empty');
  const skeleton = liftSkeleton(tokens, leniency, limits);
  try {
    return restore(parse(skeleton.text), skeleton);
  } catch {
    throw new GrammarError('parentheses, `and`, `or` and `not` do not fit together');
  }
}

function restore(filter: LibraryFilter, skeleton: Skeleton): Filter {
  const path = (placeholder: string): string => skeleton.paths[Number(placeholder.slice(1))] as string;
  switch (filter.op) {
    case 'and':
    case 'or':
      return { kind: filter.op, terms: filter.filters.map((term) => restore(term, skeleton)) };
    case 'not':
      return { kind: 'not', term: restore(filter.filter, skeleton) };
    case '[]':
      return { kind: 'element', path: path(filter.attrPath), filter: restore(filter.valFilter, skeleton) };
    case 'pr':
      return { kind: 'present', path: path(filter.attrPath) };
    default: {
      const value = skeleton.literals[Number(String(filter.compValue).slice(1))] as Literal;
      return { kind: 'compare', path: path(filter.attrPath), operator: filter.op, value };
    }
  }
}
