/** What the server says of itself (RFC 7644 §4): made from the same data that it runs on. */
import { MAX_BULK_OPERATIONS } from './bulk/request.ts';
import { entraView } from './discovery/entraView.ts';
import { interopView } from './discovery/interopView.ts';
import type { Variant } from './discovery/variant.ts';
import { CURSOR_TIMEOUT } from './list/cursor.ts';
import { DEFAULT_COUNT, MAX_COUNT } from './list/query.ts';
import type { Document } from './resource/document.ts';
import type { AttributeDefinition } from './schema/attribute.ts';
import type { Registry } from './schema/registry.ts';
import type { SchemaDefinition } from './schema/resourceType.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

/**
 * @param baseUrl of the SCIM endpoints
 * @param maxPayloadSize of a request, in bytes
 */
export function serviceProviderConfig(baseUrl: string, maxPayloadSize: number, variant: Variant): Document {
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: MAX_BULK_OPERATIONS, maxPayloadSize },
    filter: { supported: true, maxResults: MAX_COUNT },
    changePassword: { supported: variant.storesPasswords },
    sort: { supported: true },
    etag: { supported: true },
    // RFC 9865 §4
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: DEFAULT_COUNT,
      maxPageSize: MAX_COUNT,
      cursorTimeout: CURSOR_TIMEOUT,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth Bearer Token',
        description: 'A token of this connection in the header Authorization, after the word Bearer.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    // C7.01: left out where it is not so.
    ...(variant.conformsToProfile ? { interopProfileConformant: true } : {}),
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
  const declared = withUniqueness(definition, variant);
  if (variant.view === 'entra') return entraView(declared);
  return variant.conformsToProfile ? interopView(declared) : declared;
}

function withUniqueness(definition: SchemaDefinition, variant: Variant): SchemaDefinition {
  if (!variant.allowDuplicateGroupNames || definition.id !== `${CORE}:Group`) return definition;
  const attributes = definition.attributes.map(
    (attribute): AttributeDefinition =>
      attribute.name === 'displayName' ? { ...attribute, uniqueness: 'none' } : attribute,
  );
  return { ...definition, attributes };
}
