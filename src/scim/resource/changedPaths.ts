/** What differs between two documents, for the feed. */
import { type Document, equal, isObject } from './document.ts';

/** The paths of the attributes that differ, down to an extension's attributes: `title`, `urn:…:User:department`. */
export function changedPaths(before: Document, after: Document): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    if (equal(before[name], after[name])) return [];
    if (!name.includes(':')) return [name];
    return changedPaths(objectOf(before[name]), objectOf(after[name])).map((path) => `${name}:${path}`);
  });
}

function objectOf(value: unknown): Document {
  return isObject(value) ? value : {};
}
