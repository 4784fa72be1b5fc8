/** Reads `schemas/`, the only source of what attributes there are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Definitions } from './scim/schema/registry.ts';

/** In the order in which `/Schemas` lists them. */
const SCHEMAS = ['user', 'enterprise-user', 'group', 'service-provider-config', 'resource-type', 'schema'];

/** Of the resource types that a tenant has only when they are switched on. */
const OPTIONAL_SCHEMAS = [
  'device',
  'device-ble',
  'device-dpp',
  'device-ethernet-mab',
  'device-zigbee',
  'device-endpoint-apps',
  'endpoint-app',
];

/** @param folder where the definitions are, `schemas/` of this package */
export function readDefinitions(folder: string): Definitions {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const common = read('common') as { readonly attributes: Definitions['common'] };
  return {
    common: common.attributes,
    schemas: SCHEMAS.map(read) as Definitions['schemas'],
    resourceTypes: read('resource-types') as Definitions['resourceTypes'],
    optional: {
      schemas: OPTIONAL_SCHEMAS.map(read) as Definitions['schemas'],
      resourceTypes: read('optional-resource-types') as Definitions['resourceTypes'],
    },
  };
}
