/** The modes a tenant can be in, and what each decides. */

/**
 * `tolerant` accepts clients' known deviations; `strict` is RFC 7643 and RFC 7644 to the letter; `interop` is strict
 * and keeps to draft-zollner-scim-interop-profile-01.
 */
export type Mode = 'tolerant' | 'strict' | 'interop';

/** What differs from mode to mode: each is asked for where it applies, so that no other file compares modes. */
export interface Rules {
  /** The named tolerances apply. */
  readonly tolerates: boolean;
  /** A PUT clears the extensions and members that it says nothing of (B5.02). */
  readonly putClears: boolean;
  /** A filter on one resource is refused: what it should give is not defined (B3.03, D4-34). */
  readonly refusesItemFilter: boolean;
  /** A PATCH operation without a path is refused with invalidSyntax (C7.10). */
  readonly needsPath: boolean;
  /** An attribute or schema that is not declared is invalidSyntax in a PATCH path, too (C7.04). */
  readonly undeclaredIsSyntax: boolean;
  /** A replace of a complex attribute leaves nothing of what it was (C7.11, against RFC 7644 §3.5.2.3). */
  readonly replacesWhole: boolean;
  /** The value of a multi-valued attribute is a list in a PATCH, too (C7.11, against RFC 7644 §3.5.2.1). */
  readonly needsList: boolean;
  /** A filter in a PATCH path has to be followed by a sub-attribute (C7.11), but to remove members (C7.15). */
  readonly needsSub: boolean;
  /** A filter in a PATCH path may select one element at most (C7.12). */
  readonly selectsOne: boolean;
  /** Discovery says that the interoperability profile is kept (C7.01). */
  readonly conformsToProfile: boolean;
}

const TOLERANT: Rules = Object.freeze({
  tolerates: true,
  putClears: false,
  refusesItemFilter: false,
  needsPath: false,
  undeclaredIsSyntax: false,
  replacesWhole: false,
  needsList: false,
  needsSub: false,
  selectsOne: false,
  conformsToProfile: false,
});

const STRICT: Rules = Object.freeze({
  ...TOLERANT,
  tolerates: false,
  putClears: true,
  refusesItemFilter: true,
});

const RULES: Readonly<Record<Mode, Rules>> = Object.freeze({
  tolerant: TOLERANT,
  strict: STRICT,
  interop: Object.freeze({
    ...STRICT,
    needsPath: true,
    undeclaredIsSyntax: true,
    replacesWhole: true,
    needsList: true,
    needsSub: true,
    selectsOne: true,
    conformsToProfile: true,
  }),
});

/** Every mode; the first is a new tenant's. */
export const MODES: readonly Mode[] = ['tolerant', 'strict', 'interop'];

/** What a mode decides. */
export function rulesOf(mode: Mode): Rules {
  return RULES[mode];
}
