/** From a name that a client wrote to the attribute that is meant (RFC 7644 §3.10). */
import type { Leniency } from '../tolerance.ts';
import type { Attribute } from './attribute.ts';
import type { Extension, ResourceType } from './resourceType.ts';

/** What a name can mean: an attribute, one of its sub-attributes, or a whole extension. */
export type Resolved =
  | { readonly kind: 'attribute'; readonly attribute: Attribute; readonly sub: Attribute | undefined }
  | { readonly kind: 'extension'; readonly extension: Extension };

/**
 * Resolves `[URN:]name[.sub]`, without regard to case.
 * @param leniency asked before an extension's attribute is found without its URN
 * @returns undefined when the resource type declares no such attribute
 */
export function resolve(type: ResourceType, text: string, leniency: Leniency): Resolved | undefined {
  const lower = text.toLowerCase();
  const extension = longestUrn(type.extensions, lower);
  if (extension) {
    const rest = lower.slice(extension.id.length);
    return rest === '' ? { kind: 'extension', extension } : within(extension.attributes, rest.slice(1));
  }
  const base = type.schema.toLowerCase();
  if (lower.startsWith(`${base}:`)) return within(type.attributes, lower.slice(base.length + 1));
  const found = within(type.attributes, lower);
  // What is not synchronised keeps its name: another attribute is not meant by it.
  if (found || (type.whole && within(type.whole.attributes, lower))) return found;
  return unqualified(type, lower, leniency);
}

/** Whether a name, or a path with a filter in it, means something that is declared, but not synchronised. */
export function isUnsynchronised(type: ResourceType, text: string, leniency: Leniency): boolean {
  const { whole } = type;
  if (!whole) return false;
  const name = text.replace(/\[.*\]/s, '');
  return resolve(type, name, leniency) === undefined && resolve(whole, name, leniency) !== undefined;
}

function longestUrn(extensions: ReadonlyMap<string, Extension>, lower: string): Extension | undefined {
  let found: Extension | undefined;
  for (const [urn, extension] of extensions) {
    const matches = lower.startsWith(urn) && (lower.length === urn.length || lower[urn.length] === ':');
    if (matches && urn.length > (found?.id.length ?? 0)) found = extension;
  }
  return found;
}

function within(attributes: ReadonlyMap<string, Attribute>, lower: string): Resolved | undefined {
  const whole = attributes.get(lower);
  if (whole) return { kind: 'attribute', attribute: whole, sub: undefined };
  // The last one: the containers of RFC 9944 §7.1 are attributes whose name is a URN, with a version in it.
  const dot = lower.lastIndexOf('.');
  const attribute = attributes.get(lower.slice(0, Math.max(dot, 0)));
  const sub = attribute?.subAttributes.get(lower.slice(dot + 1));
  return attribute && sub && { kind: 'attribute', attribute, sub };
}

// Microsoft Entra ID writes `manager` and `department` without their URN (quirks 10, 27, 44).
function unqualified(type: ResourceType, lower: string, leniency: Leniency): Resolved | undefined {
  const holders = [...(type.whole ?? type).extensions].filter(
    ([, { attributes }]) => within(attributes, lower) !== undefined,
  );
  const [only, ...more] = holders.map(([urn]) => type.extensions.get(urn)?.attributes);
  const found = only && more.length === 0 ? within(only, lower) : undefined;
  return found && leniency.use('extension-attribute-without-urn') ? found : undefined;
}
