/** What the server says of itself (RFC 7644 §4): made from the same data that it runs on. */
import { MAX_COUNT } from './list/query.ts';
import type { Document } from './resource/document.ts';
import type { AttributeDefinition } from './schema/attribute.ts';
import type { Registry } from './schema/registry.ts';
import type { SchemaDefinition } from './schema/resourceType.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

/** What differs from tenant to tenant, and discovery has to say. */
export interface Variant {
  readonly allowDuplicateGroupNames: boolean;
}

/** @param baseUrl of the SCIM endpoints */
export function serviceProviderConfig(baseUrl: string): Document {
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: true },
    // A9: the numbers are required although bulk is not supported.
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: MAX_COUNT },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth Bearer Token',
        description: 'A token of this connection in the header Authorization, after the word Bearer.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

export function schemaResources(registry: Registry, baseUrl: string, variant: Variant): Document[] {
  return registry.definitions.schemas.map((definition) => {
    const { id, name, description, attributes } = published(definition, variant);
    return {
      schemas: [`${CORE}:Schema`],
      id,
      name,
      description,
      attributes,
      meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${id}` },
    };
  });
}

export function resourceTypeResources(registry: Registry, baseUrl: string): Document[] {
  return registry.definitions.resourceTypes.map(({ schemaExtensions, ...definition }) => ({
    schemas: [`${CORE}:ResourceType`],
    ...definition,
    ...(schemaExtensions.length > 0 ? { schemaExtensions } : {}),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${definition.id}` },
  }));
}

// A9.03: what is declared is true for this tenant.
function published(definition: SchemaDefinition, variant: Variant): SchemaDefinition {
  if (!variant.allowDuplicateGroupNames || definition.id !== `${CORE}:Group`) return definition;
  const attributes = definition.attributes.map(
    (attribute): AttributeDefinition =>
      attribute.name === 'displayName' ? { ...attribute, uniqueness: 'none' } : attribute,
  );
  return { ...definition, attributes };
}
