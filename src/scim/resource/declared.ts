import type { Attribute } from '../schema/attribute.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { type Document, isObject } from './document.ts';

/**
 * The document without what the resource type does not declare. Another server may have written an attribute in the
 * seconds in which it had not yet heard that the schema was removed; it must not be in the way of later changes. And
 * what was kept while the tenant synchronised it must neither be shown nor be passed on when that has ended.
 * @returns the same document where there is nothing of the kind
 */
export function declaredOnly(type: ResourceType, document: Document): Document {
  const kept = Object.entries(document).flatMap(([name, value]): [string, unknown][] => {
    const extension = type.extensions.get(name.toLowerCase());
    if (extension?.id === name && isObject(value)) {
      const own = onlyNamed(extension.attributes, value);
      return Object.keys(own).length > 0 ? [[name, own]] : [];
    }
    const attribute = type.attributes.get(name.toLowerCase());
    if (attribute?.name !== name) return [];
    if (!type.whole || attribute === type.whole.attributes.get(attribute.key) || !isObject(value))
      return [[name, value]];
    const own = onlyNamed(attribute.subAttributes, value);
    return Object.keys(own).length > 0 ? [[name, own]] : [];
  });
  const same =
    kept.length === Object.keys(document).length && kept.every(([name, value]) => document[name] === value);
  return same ? document : Object.fromEntries(kept);
}

function onlyNamed(attributes: ReadonlyMap<string, Attribute>, container: Document): Document {
  const kept = Object.entries(container).filter(
    ([name]) => attributes.get(name.toLowerCase())?.name === name,
  );
  return kept.length === Object.keys(container).length ? container : Object.fromEntries(kept);
}
