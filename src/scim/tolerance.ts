/**
 * The named leniencies toward clients' known deviations. Each is accepted from everyone whose tenant is in tolerant
 * mode, is counted, and is shown in the log. Where each is applied: `patch/tolerances.ts`,
 * `resource/tolerances.ts`, `path/`, `filter/`, and `http/` for those of the transport.
 */
import { type Mode, type Rules, rulesOf } from './mode.ts';

/**
 * Name → what is accepted. The names are what an operator reads in the log and in metrics. Who sends it, and what
 * the other modes answer, is in docs/tolerances.md, which a test holds against this list.
 */
export const TOLERANCES = {
  'authorization-without-scheme': 'a token in Authorization without the word Bearer before it',
  'content-type-missing': 'a body without Content-Type, read as application/scim+json',
  'base-url-variant': 'a base URL without its version, or with a query in the middle of it',
  'extension-attribute-without-urn':
    'an extension attribute named without its URN, where only one can be meant',
  'schemas-missing': 'a message or resource without schemas',
  'schemas-unknown': 'a schema URI that is not declared, or the base schema left out',
  'attribute-undeclared': 'an attribute that no schema declares; it is not kept',
  'attribute-as-path': 'a key that is a path, such as `name.givenName`, instead of an object',
  'extension-without-schemas-entry': 'an extension container whose URN is missing from schemas',
  'boolean-as-string': '"True", "false" and the like for a boolean',
  'number-as-string': 'digits in quotes for a number',
  'scalar-as-string': 'a number or boolean where a string belongs',
  'object-for-list': 'one value where a list of values belongs',
  'list-for-object': 'a list of one value where a single value belongs',
  'string-for-complex': 'a bare value where an object with `value` belongs',
  'display-name-for-display': '`displayName` for `display` in a multi-valued attribute',
  'empty-string-clears': '"" for an attribute that is to be cleared',
  'several-primary': 'more than one primary value; the first stays primary',
  'read-only-echo': 'a readOnly attribute inside a path-less PATCH value; it is not changed',
  'operation-case': 'add, replace or remove in another spelling of upper and lower case',
  'operations-key-case': 'the key Operations in another spelling of upper and lower case',
  'remove-with-value': 'remove with a value: of a list, only the values given are removed',
  'value-path-creates': 'add or replace on a filter that selects nothing: the value is made',
  'unknown-path': 'a PATCH path to an attribute that no schema declares; it is not kept',
  'scim1-members': 'a SCIM 1.1 PATCH of members, with an operation beside each value',
  'value-path-suffix': '`emails[type eq "work"].value eq "x"` in a filter',
  'unquoted-value': 'a comparison value without quotes in a filter',
  'string-for-boolean-in-filter': '"True" for a boolean in a filter',
  'member-for-members': '`member` for `members` in a filter',
} as const;

export type Tolerance = keyof typeof TOLERANCES;

/** How far a request may deviate, and what of it was used. */
export interface Leniency {
  /** What the tenant's mode decides beside tolerances. */
  readonly rules: Rules;
  /** @returns whether the tolerance applies; its use is then on record. In strict and interop mode never. */
  use(tolerance: Tolerance): boolean;
  /** What was used so far, each name once, in order of first use. */
  readonly used: ReadonlySet<Tolerance>;
}

/** A fresh record for one request. */
export function createLeniency(mode: Mode): Leniency {
  const used = new Set<Tolerance>();
  const rules = rulesOf(mode);
  return {
    rules,
    used,
    use(tolerance) {
      if (rules.tolerates) used.add(tolerance);
      return rules.tolerates;
    },
  };
}
