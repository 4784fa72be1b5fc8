/** Bodies as they may be kept for the provisioning log. */
import type { ResourceType } from '../schema/resourceType.ts';
import { isObject } from './document.ts';

const REMOVED = '[removed]';

/**
 * The body without the values of attributes that are never shown, such as `password` (A6.02): as a key at any depth
 * and in any spelling, as the path of a PATCH operation, and in a filter.
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
    .flatMap(({ attributes, extensions }) => [
      attributes,
      ...[...extensions.values()].map((one) => one.attributes),
    ])
    .flatMap((attributes) => [...attributes.values()])
    .filter(({ returned, mutability }) => returned === 'never' || mutability === 'writeOnly')
    .map(({ key }) => key);
  known.set(types, keys);
  return keys;
}
