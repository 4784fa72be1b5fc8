/** What the tests of the protocol work with: the shipped resource types, a made-up one, and a run of a PATCH. */
import { readDefinitions } from '../../src/definitions.ts';
import { packagePath } from '../../src/main/packagePath.ts';
import { ScimError } from '../../src/scim/errors.ts';
import { acceptPatch } from '../../src/scim/patch/accept.ts';
import { applyPatch } from '../../src/scim/patch/apply.ts';
import type { MemberEdit } from '../../src/scim/patch/operation.ts';
import { withActive } from '../../src/scim/resource/active.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import { createIntake, type Undeclared } from '../../src/scim/resource/intake.ts';
import { validateDocument } from '../../src/scim/resource/validate.ts';
import type { AttributeDefinition, AttributeType } from '../../src/scim/schema/attribute.ts';
import type { Mode } from '../../src/scim/mode.ts';
import { buildRegistry, type Registry } from '../../src/scim/schema/registry.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';

export type { Mode };
/** The modes in which a PATCH means what RFC 7644 says. */
export const MODES: readonly Mode[] = ['tolerant', 'strict'];

export const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const DEVICE = 'urn:example:schemas:2.0:Device';
export const DEVICE_EXTENSION = 'urn:example:schemas:extension:2.0:Device';
export const SELF = '018f0000-0000-7000-8000-000000000001';

export const shipped: Registry = buildRegistry(readDefinitions(packagePath('schemas')));
export const User = typeNamed(shipped, 'User');
export const Group = typeNamed(shipped, 'Group');

/** An attribute definition with the defaults of RFC 7643 §2.2. */
export function define(
  name: string,
  type: AttributeType = 'string',
  given: Partial<AttributeDefinition> = {},
): AttributeDefinition {
  return {
    name,
    type,
    multiValued: false,
    description: name,
    required: false,
    mutability: 'readWrite',
    returned: 'default',
    ...given,
  };
}

/** A resource type with every kind of attribute that User and Group do not have. */
export const Device = typeNamed(
  buildRegistry({
    common: shipped.definitions.common,
    schemas: [
      {
        id: DEVICE,
        name: 'Device',
        description: 'Device',
        attributes: [
          define('name', 'string', { required: true, uniqueness: 'server' }),
          define('tags', 'string', { multiValued: true }),
          define('ports', 'integer', { multiValued: true }),
          define('slots', 'integer'),
          define('weight', 'decimal'),
          define('since', 'dateTime'),
          define('firmware', 'binary'),
          define('serial', 'string', { mutability: 'immutable', caseExact: true }),
          define('notes', 'string', { returned: 'request' }),
          define('pin', 'string', { returned: 'never' }),
          define('place', 'complex', {
            subAttributes: [
              define('room', 'string', { required: true }),
              define('floor', 'integer'),
              define('code', 'string', { returned: 'never' }),
            ],
          }),
          define('parts', 'complex', {
            multiValued: true,
            subAttributes: [
              define('number', 'integer'),
              define('maker', 'string'),
              define('grade', 'string', { returned: 'request' }),
              define('key', 'string', { returned: 'always' }),
            ],
          }),
        ],
      },
      {
        id: DEVICE_EXTENSION,
        name: 'Device extension',
        description: 'Device extension',
        attributes: [
          define('owner', 'string', { required: true }),
          define('stamp', 'string', { mutability: 'immutable' }),
          define('colour'),
          // The base schema has one, too.
          define('tags'),
        ],
      },
    ],
    resourceTypes: [
      {
        id: 'Device',
        name: 'Device',
        description: 'Device',
        endpoint: '/Devices',
        schema: DEVICE,
        schemaExtensions: [{ schema: DEVICE_EXTENSION, required: false }],
      },
    ],
  }),
  'Device',
);

function typeNamed(registry: Registry, name: string): ResourceType {
  const type = registry.byName.get(name);
  if (!type) throw new Error(`there is no resource type ${name}`);
  return type;
}

export interface Outcome {
  readonly document: Document;
  readonly memberEdits: readonly MemberEdit[];
  readonly used: readonly string[];
  readonly noted: readonly Undeclared[];
}

/** Does what a PATCH does, but for the database. */
export function runPatch(
  type: ResourceType,
  document: Document,
  body: unknown,
  mode: Mode = 'tolerant',
): Outcome {
  const intake = createIntake(createLeniency(mode));
  const { operations, memberEdits } = acceptPatch(type, SELF, body, intake);
  const after = withActive(type, applyPatch(document, operations, intake.leniency), document);
  validateDocument(type, after);
  return { document: after, memberEdits, used: [...intake.leniency.used].sort(), noted: intake.noted };
}

export function patchOf(...operations: readonly unknown[]): unknown {
  return { schemas: [PATCH_OP], Operations: operations };
}

/** How something is refused: `400 invalidPath`; `done` when it is not. What is thrown must be a ScimError. */
export function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return [error.status, error.scimType].filter(Boolean).join(' ');
  }
  return 'done';
}

/** The value, frozen all the way down, so that a change in place throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
