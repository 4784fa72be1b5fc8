/** Bodies as they may be kept for the provisioning log. */
import type { Attribute } from '../schema/attribute.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isObject } from './document.ts';

const REMOVED = '[removed]';

/**
 * The body without the values of attributes that are never shown, such as `password` (A6.02), or that the tenant does
 * not synchronise: as a key at any depth and in any spelling, as the path of a PATCH operation, and in a filter.
 */
export function redact(types: readonly ResourceType[], body: unknown): unknown {
  const secrets = secretKeys(types);
  const isSecret = (name: string): boolean => {
    const lower = name.toLowerCase();
    return secrets.some((key) => lower === key || lower.endsWith(`:${key}`) || lower.startsWith(`${key}.`));
  };
  /** Whether a path or filter names one, in brackets or out of them. */
  const mentionsSecret = (text: unknown): boolean =>
    typeof text === 'string' && text.split(/[\s[\]()"']+/).some((word) => isSecret(word));
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    const entries = Object.entries(value);
    const onSecret = entries.some(([name, part]) => name.toLowerCase() === 'path' && mentionsSecret(part));
    return Object.fromEntries(
      entries.map(([name, part]) => {
        const key = name.toLowerCase();
        // A path or filter holds the value where it compares with one.
        const compares =
          (key === 'path' || key === 'filter') && mentionsSecret(part) && /["'[]|\S\s\S/.test(String(part));
        const removed = compares || isSecret(name.trim()) || (onSecret && key === 'value');
        return [name, removed ? REMOVED : walk(part)];
      }),
    );
  };
  return secrets.length === 0 ? body : walk(body);
}

const known = new WeakMap<readonly ResourceType[], readonly string[]>();

function secretKeys(types: readonly ResourceType[]): readonly string[] {
  const before = known.get(types);
  if (before) return before;
  const keys = types
    .flatMap(attributesOf)
    .filter(({ returned, mutability }) => returned === 'never' || mutability === 'writeOnly')
    .map(({ key }) => key)
    .concat(types.flatMap(unsynchronisedKeys));
  known.set(types, keys);
  return keys;
}

function attributesOf({ attributes, extensions }: ResourceType): readonly Attribute[] {
  return [...attributes.values(), ...[...extensions.values()].flatMap((one) => [...one.attributes.values()])];
}

/** Extensions by their URN; sub-attributes by their path and, as keys of an object, by their name. */
function unsynchronisedKeys(type: ResourceType): readonly string[] {
  const { whole } = type;
  if (!whole) return [];
  const kept = new Map(attributesOf(type).map((attribute) => [attribute.path, attribute]));
  return [
    ...[...whole.extensions.keys()].filter((urn) => !type.extensions.has(urn)),
    ...attributesOf(whole).flatMap(({ key, path, subAttributes }) => {
      const own = kept.get(path);
      if (!own) return [key];
      return [...subAttributes.keys()]
        .filter((sub) => !own.subAttributes.has(sub))
        .flatMap((sub) => [sub, `${key}.${sub}`]);
    }),
  ];
}
