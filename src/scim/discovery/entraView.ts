/** The schemas as Microsoft Entra ID's validator and gallery tests take them. */
import type { AttributeDefinition } from '../schema/attribute.ts';
import type { SchemaDefinition } from '../schema/resourceType.ts';

/**
 * The schema without what the validator calls "not supported by the SCIM protocol": `password`, and `display` and
 * `primary` of values that it addresses by their type, as `emails[type eq "work"].value`. A reference is a string
 * here, because references are passed over where mapped attributes are looked for (`profileUrl`). What requests may
 * carry is not affected.
 */
export function entraView(schema: SchemaDefinition): SchemaDefinition {
  const attributes = schema.attributes
    .filter(({ mutability, returned }) => mutability !== 'writeOnly' && returned !== 'never')
    .map((attribute) => withoutLabels(asText(attribute)));
  return { ...schema, attributes };
}

function asText(attribute: AttributeDefinition): AttributeDefinition {
  if (attribute.type !== 'reference') return attribute;
  const { referenceTypes: _none, ...rest } = attribute;
  return { ...rest, type: 'string' };
}

function withoutLabels(attribute: AttributeDefinition): AttributeDefinition {
  const { subAttributes, multiValued } = attribute;
  const type = subAttributes?.find(({ name }) => name === 'type');
  // Where there are no types to choose from, as in roles, it asks for `roles[primary eq "True"].value` and `.display`.
  if (!multiValued || !subAttributes || !type?.canonicalValues?.length) return attribute;
  const kept = subAttributes.filter(({ name }) => name !== 'display' && name !== 'primary');
  return { ...attribute, subAttributes: kept };
}
