/** Bodies as they may be kept for the provisioning log. */
import type { ResourceType } from '../schema/resourceType.ts';
import { isObject } from './document.ts';

const REMOVED = '[removed]';

/**
 * The body without the values of attributes that are never shown, such as `password` (A6.02): as a key at any depth
 * and in any spelling, and as the path of a PATCH operation.
 */
export function redact(types: readonly ResourceType[], body: unknown): unknown {
  const secrets = secretKeys(types);
  const isSecret = (name: string): boolean => {
    const lower = name.toLowerCase();
    return secrets.some((key) => lower === key || lower.endsWith(`:${key}`) || lower.startsWith(`${key}.`));
  };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    const path = Object.entries(value).find(([name]) => name.toLowerCase() === 'path')?.[1];
    const onSecret = typeof path === 'string' && isSecret(path.trim());
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        const removed = isSecret(name) || (onSecret && name.toLowerCase() === 'value');
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
