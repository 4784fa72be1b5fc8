/** What a PUT leaves (RFC 7644 §3.5.1). */
import { mutability } from '../errors.ts';
import type { Leniency } from '../tolerance.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Accepted } from './accept.ts';
import { type Document, equal, readAttribute, withKey, writeAttribute } from './document.ts';

/**
 * The document after a PUT: what the body gives, and of what it leaves out only immutable attributes (B5.04) and,
 * unless the tenant's mode has it otherwise, extensions of which the body says nothing at all (B5.02).
 * @throws ScimError mutability when an immutable attribute would change
 */
export function replaceDocument(
  type: ResourceType,
  before: Document,
  { document, extensions }: Accepted,
  leniency: Leniency,
): Document {
  let after = document;
  for (const { id } of type.extensions.values()) {
    if (!leniency.rules.putClears && !extensions.has(id) && before[id] !== undefined)
      after = withKey(after, id, before[id]);
  }
  const declared = [type.attributes, ...[...type.extensions.values()].map(({ attributes }) => attributes)];
  for (const attribute of declared.flatMap((attributes) => [...attributes.values()])) {
    if (attribute.mutability !== 'immutable') continue;
    const set = readAttribute(before, attribute);
    const given = readAttribute(after, attribute);
    if (set === undefined) continue;
    if (given === undefined) after = writeAttribute(after, attribute, set);
    else if (!equal(set, given)) throw mutability(`The attribute "${attribute.path}" is immutable.`);
  }
  return after;
}
