/** A resource's values for the in-memory matcher: what the SQL is held against. */
import type { Field, Operand } from '../../src/scim/filter/bound.ts';
import { comparable } from '../../src/scim/filter/comparable.ts';
import type { Elements, Values } from '../../src/scim/filter/match.ts';
import { keyOf } from '../../src/scim/filter/operand.ts';
import { isObject, readAttribute } from '../../src/scim/resource/document.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import type { Attribute } from '../../src/scim/schema/attribute.ts';
import { instant } from '../../src/scim/schema/dateTime.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

// A schema may have a name that every object has, as `valueOf`.
const own = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const comparables = (attribute: Attribute, values: readonly unknown[]): Operand[] =>
  values
    .map((value) => (isObject(value) ? true : comparable(attribute, value)))
    .filter((value) => value !== undefined);

/** The value of an attribute as a client would see it; of `members` and `groups`, their elements. */
function shown(resource: Resource, { storage, attribute }: Field): unknown {
  if (storage === 'members' && resource.members !== 'many')
    return resource.members?.map(({ id, type, display }) => ({ value: id, type: type.name, display }));
  if (storage === 'groups')
    return resource.groups?.map(({ id, direct, display }) => ({
      value: id,
      type: direct ? 'direct' : 'indirect',
      display,
    }));
  return readAttribute(resource.document, attribute);
}

/** @param type needed for what depends on it: `meta.resourceType` and `schemas` */
export function valuesOf(resource: Resource, type?: ResourceType): Values {
  return (field: Field) => {
    const { storage, attribute, sub } = field;
    switch (storage) {
      case 'id':
        return [resource.id];
      case 'created':
        return [instant(resource.created.toISOString()) as string];
      case 'lastModified':
        return [instant(resource.lastModified.toISOString()) as string];
      case 'version':
        return [`W/"${resource.version}"`];
      case 'resourceType':
        return type ? [type.name] : [];
      case 'schemas':
        return type
          ? [type.schema, ...Object.keys(resource.document).filter((name) => name.includes(':'))]
          : [];
      case 'key':
        return listOf(readAttribute(resource.document, attribute)).map((value) =>
          keyOf(attribute, String(value)),
        );
      default: {
        const values = listOf(shown(resource, field));
        if (!sub) return comparables(attribute, values);
        return comparables(
          sub,
          values.flatMap((value) => listOf(own(value, sub.name))),
        );
      }
    }
  };
}

export function elementsOf(resource: Resource): Elements {
  return (field: Field) =>
    listOf(shown(resource, field)).map(
      (element): Values =>
        ({ attribute, sub }) => {
          const value = sub ? own(element, sub.name) : element;
          return comparables(sub ?? attribute, listOf(value));
        },
    );
}
