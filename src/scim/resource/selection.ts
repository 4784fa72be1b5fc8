/** Which attributes a client asked for (RFC 7644 §3.4.2.5, §3.9). */
import { invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { resolve } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Leniency } from '../tolerance.ts';

/** Attributes that were named; for each `all`, or the sub-attributes that were named. */
export type Named = ReadonlyMap<Attribute, 'all' | ReadonlySet<Attribute>>;

export interface Selection {
  readonly kind: 'default' | 'only' | 'except';
  readonly named: Named;
}

export const DEFAULT_SELECTION: Selection = Object.freeze({ kind: 'default', named: new Map() });

/**
 * Reads `attributes` and `excludedAttributes`. Names that mean nothing are ignored (B4.54).
 * @throws ScimError invalidValue when both are given (B4.52)
 */
export function selectAttributes(
  type: ResourceType,
  attributes: readonly string[] | undefined,
  excludedAttributes: readonly string[] | undefined,
  leniency: Leniency,
): Selection {
  if (attributes?.length && excludedAttributes?.length) {
    throw invalidValue('Give "attributes" or "excludedAttributes", not both.');
  }
  if (attributes?.length) return { kind: 'only', named: nameAll(type, attributes, leniency) };
  if (excludedAttributes?.length) {
    return { kind: 'except', named: nameAll(type, excludedAttributes, leniency) };
  }
  return DEFAULT_SELECTION;
}

/** Whether an attribute can be part of the answer at all; what is not need not be read from the database. */
export function selects({ kind, named }: Selection, attribute: Attribute): boolean {
  switch (attribute.returned) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'request':
      return kind === 'only' && named.has(attribute);
    case 'default':
      if (kind === 'only') return named.has(attribute);
      return kind === 'default' || named.get(attribute) !== 'all';
  }
}

function nameAll(type: ResourceType, names: readonly string[], leniency: Leniency): Named {
  const named = new Map<Attribute, 'all' | Set<Attribute>>();
  for (const name of names) {
    const resolved = resolve(type, withoutFilter(name.trim()), leniency);
    if (resolved?.kind === 'extension') {
      for (const attribute of resolved.extension.attributes.values()) named.set(attribute, 'all');
    } else if (resolved?.sub) {
      const subs = named.get(resolved.attribute) ?? new Set();
      if (subs !== 'all') named.set(resolved.attribute, subs.add(resolved.sub));
    } else if (resolved) {
      named.set(resolved.attribute, 'all');
    }
  }
  return named;
}

// `attributes=emails[type eq "work"]` is asked by some clients (quirk 43); the whole attribute answers it.
function withoutFilter(name: string): string {
  const open = name.indexOf('[');
  return open < 0 ? name : name.slice(0, open);
}
