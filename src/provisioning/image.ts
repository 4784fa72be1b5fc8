/** What the feed says of a change: what differs, as it was and as it is. */
import { type Document, equal } from '../scim/resource/document.ts';

export interface Images {
  readonly before: Document;
  readonly after: Document;
}

/**
 * Top-level attributes that differ, an extension's container being one. Whether the person is active is told for itself.
 * @returns undefined when nothing differs
 */
export function imagesOf(before: Document, after: Document): Images | undefined {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  names.delete('active');
  const changed = [...names].filter((name) => !equal(before[name], after[name]));
  if (changed.length === 0) return undefined;
  const of = (document: Document): Document =>
    Object.fromEntries(
      changed.filter((name) => document[name] !== undefined).map((name) => [name, document[name]]),
    );
  return { before: of(before), after: of(after) };
}
