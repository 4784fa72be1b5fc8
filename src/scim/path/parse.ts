/** From the text of a PATCH path to its target. */
import { invalidFilter, invalidPath } from '../errors.ts';
import { bindElementFilter } from '../filter/bind.ts';
import { type Filter, parseFilter } from '../filter/parse.ts';
import { GrammarError, type Limits, scan, type Token } from '../filter/scan.ts';
import { resolve } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { storageOf } from '../schema/storage.ts';
import type { Leniency } from '../tolerance.ts';
import { excerpt } from './excerpt.ts';
import type { Target } from './target.ts';

/** B6.12 */
const PATH_LIMITS: Limits = Object.freeze({ length: 1024, depth: 32, terms: 32 });

/** A name that no schema declares is still a name (A1.13): of an attribute, after a URN if need be, with a sub-attribute. */
const NAME = /^(?:\S+:)?\$?[a-z][\w$-]*(?:\.\$?[a-z][\w$-]*)?$/i;

/**
 * @returns undefined when the path names an attribute that the resource type does not declare
 * @throws ScimError invalidPath for what is no path, invalidFilter for what is wrong inside brackets (B6.03)
 */
export function parsePath(type: ResourceType, text: string, leniency: Leniency): Target | undefined {
  const tokens = tokensOf(text);
  const [head, open] = tokens;
  if (head?.kind !== 'word') throw malformed(text, 'it does not start with an attribute name');
  if (tokens.length === 1) {
    const resolved = resolve(type, head.text, leniency);
    if (!resolved && !NAME.test(head.text)) throw malformed(text, 'it is no attribute name');
    if (resolved?.kind !== 'attribute') return resolved;
    const { attribute, sub } = resolved;
    return sub ? { kind: 'sub', attribute, sub } : { kind: 'attribute', attribute };
  }
  const close = tokens.findIndex(({ kind }) => kind === ']');
  if (open?.kind !== '[' || open.start !== head.end || close < 0)
    throw malformed(text, 'a filter in brackets is expected after the attribute');
  const inner = text.slice(open.end, tokens[close]?.start);
  // Positions, as in `emails[0]`, are no filters (D5).
  if (/^\s*\d*\s*$/.test(inner)) throw malformed(text, 'elements are selected by a filter, not by position');
  return elementsOf(type, text, head.text, inner, tokens.slice(close), leniency);
}

/**
 * The target of a key in the value of a path-less operation. A key can be anything that JSON allows: what is no path is
 * a name that no schema declares, as in the body of a POST.
 * @returns undefined when the resource type does not declare it
 * @throws ScimError as parsePath does for a key with a filter in it
 */
export function parseKey(type: ResourceType, key: string, leniency: Leniency): Target | undefined {
  return key.includes('[') || NAME.test(key) ? parsePath(type, key, leniency) : undefined;
}

function elementsOf(
  type: ResourceType,
  text: string,
  name: string,
  inner: string,
  [close, suffix, ...more]: readonly Token[],
  leniency: Leniency,
): Target | undefined {
  const filter = parseInner(inner, text, leniency);
  const resolved = resolve(type, name, leniency);
  if (!resolved) return undefined;
  if (resolved.kind !== 'attribute' || resolved.sub || !resolved.attribute.multiValued) {
    throw malformed(text, `"${name}" is not multi-valued`);
  }
  const { attribute } = resolved;
  const storage = storageOf(type, attribute, undefined) ?? 'document';
  const bound = bindElementFilter({ storage, attribute, sub: undefined }, filter, leniency);
  const described = describedBy(filter);
  if (!suffix) return { kind: 'elements', attribute, filter: bound, sub: undefined, described };
  const isSub = suffix.kind === 'word' && suffix.text.startsWith('.') && suffix.start === close?.end;
  if (!isSub || more.length > 0) {
    throw malformed(text, 'only a sub-attribute can follow the brackets');
  }
  const sub = attribute.subAttributes.get(suffix.text.slice(1).toLowerCase());
  return sub && { kind: 'elements', attribute, filter: bound, sub, described };
}

function tokensOf(text: string): readonly Token[] {
  try {
    return scan(text, PATH_LIMITS);
  } catch (error) {
    throw error instanceof GrammarError ? malformed(text, error.message) : error;
  }
}

function parseInner(inner: string, text: string, leniency: Leniency): Filter {
  try {
    return parseFilter(inner, leniency, PATH_LIMITS);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw invalidFilter(`The filter in the path "${excerpt(text)}" cannot be read: ${error.message}.`);
  }
}

function describedBy(filter: Filter): Record<string, unknown> | undefined {
  if (filter.kind === 'compare') {
    const isKnown = filter.operator === 'eq' && filter.value !== null;
    return isKnown ? { [filter.path.toLowerCase()]: filter.value } : undefined;
  }
  if (filter.kind !== 'and') return undefined;
  let described: Record<string, unknown> = {};
  for (const part of filter.terms.map(describedBy)) {
    // One sub-attribute cannot be equal to two values.
    if (!part || Object.keys(part).some((key) => Object.hasOwn(described, key))) return undefined;
    described = { ...described, ...part };
  }
  return described;
}

function malformed(text: string, why: string): Error {
  return invalidPath(`The path "${excerpt(text)}" cannot be read: ${why}.`);
}
