/** A resource's values for the in-memory matcher: what the SQL is held against. */
import type { Field, Operand } from '../../src/scim/filter/bound.ts';
import { comparable } from '../../src/scim/filter/comparable.ts';
import type { Elements, Values } from '../../src/scim/filter/match.ts';
import { keyOf } from '../../src/scim/filter/operand.ts';
import { isObject, readAttribute } from '../../src/scim/resource/document.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import type { Attribute } from '../../src/scim/schema/attribute.ts';
import { instant } from '../../src/scim/schema/dateTime.ts';

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const comparables = (attribute: Attribute, values: readonly unknown[]): Operand[] =>
  values
    .map((value) => (isObject(value) ? true : comparable(attribute, value)))
    .filter((value) => value !== undefined);

export function valuesOf(resource: Resource): Values {
  return ({ storage, attribute, sub }: Field) => {
    switch (storage) {
      case 'id':
        return [resource.id];
      case 'created':
        return [instant(resource.created.toISOString()) as string];
      case 'lastModified':
        return [instant(resource.lastModified.toISOString()) as string];
      case 'key':
        return listOf(readAttribute(resource.document, attribute)).map((value) =>
          keyOf(attribute, String(value)),
        );
      default: {
        const values = listOf(readAttribute(resource.document, attribute));
        if (!sub) return comparables(attribute, values);
        return comparables(
          sub,
          values.flatMap((value) => listOf(isObject(value) ? value[sub.name] : undefined)),
        );
      }
    }
  };
}

export function elementsOf(resource: Resource): Elements {
  return ({ attribute }: Field) =>
    listOf(readAttribute(resource.document, attribute)).map(
      (element): Values =>
        ({ sub }) => {
          const value = sub ? (isObject(element) ? element[sub.name] : undefined) : element;
          return comparables(sub ?? attribute, listOf(value));
        },
    );
}
