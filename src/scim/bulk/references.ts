/** References of bulk operations to resources that the same request creates (RFC 7644 §3.7.2). */
import { isObject } from '../resource/document.ts';

const PREFIX = 'bulkId:';

/** The bulkIds that a value refers to, at any depth. */
export function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (part: unknown): void => {
    if (typeof part === 'string' && part.startsWith(PREFIX)) found.add(part.slice(PREFIX.length));
    else if (Array.isArray(part)) part.forEach(walk);
    else if (isObject(part)) Object.values(part).forEach(walk);
  };
  walk(value);
  return found;
}

/** The value with every reference replaced by the id it stands for; one that stands for nothing is left. */
export function withReferences(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    return (value.startsWith(PREFIX) && ids.get(value.slice(PREFIX.length))) || value;
  }
  if (Array.isArray(value)) return value.map((part) => withReferences(part, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === 'path' ? inPath(part, ids) : withReferences(part, ids),
    ]),
  );
}

/** A PATCH path names a member inside a filter: `members[value eq "bulkId:…"]`. */
function inPath(path: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof path !== 'string' || !path.includes(PREFIX)) return path;
  return path.replaceAll(/"bulkId:([^"\\]+)"/g, (whole, bulkId: string) => {
    const id = ids.get(bulkId);
    return id ? JSON.stringify(id) : whole;
  });
}
