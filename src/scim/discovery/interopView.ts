/** The schemas of a tenant that keeps the interoperability profile (draft-zollner-scim-interop-profile-01). */
import type { AttributeDefinition } from '../schema/attribute.ts';
import type { SchemaDefinition } from '../schema/resourceType.ts';

const CONFORMANT: AttributeDefinition = Object.freeze({
  name: 'interopProfileConformant',
  type: 'boolean',
  multiValued: false,
  description: 'Whether the service provider conforms to the SCIM interoperability profile.',
  required: false,
  caseExact: false,
  mutability: 'readOnly',
  returned: 'default',
  uniqueness: 'none',
});

/** The schema with what the profile adds: the flag of C7.01, and canonical values for every `type` (C7.05). */
export function interopView(schema: SchemaDefinition): SchemaDefinition {
  const attributes = schema.attributes.map(withTypes);
  const isConfig = schema.id.endsWith(':ServiceProviderConfig');
  return { ...schema, attributes: isConfig ? [...attributes, CONFORMANT] : attributes };
}

// An empty list is what RFC 7643 §8.7.1 declares for roles and the like: no value is agreed on.
function withTypes(attribute: AttributeDefinition): AttributeDefinition {
  if (!attribute.multiValued || !attribute.subAttributes) return attribute;
  const subAttributes = attribute.subAttributes.map((sub) =>
    sub.name === 'type' && !sub.canonicalValues ? { ...sub, canonicalValues: [] } : sub,
  );
  return { ...attribute, subAttributes };
}
