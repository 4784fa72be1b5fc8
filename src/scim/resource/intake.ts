/** What accompanies the acceptance of one request's values. */
import { invalidSyntax } from '../errors.ts';
import type { Leniency } from '../tolerance.ts';
import { isUnsynchronised } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isObject } from './document.ts';

/** An attribute that a client sent and no schema declares: its name and JSON type, never its value. */
export interface Undeclared {
  /** Of the resource that it was sent for; empty where that is not known. */
  readonly resourceType: string;
  /** As the client wrote it; what is inside follows after a dot, or after a colon where the name is that of a schema. */
  readonly name: string;
  /** `string`, `number`, `boolean`, `null`, `object`, `array`, or for an array of one type `string[]` and so on. */
  readonly type: string;
}

export interface Intake {
  readonly leniency: Leniency;
  /** The same for resources of that type; what is noted goes to the same list. */
  of(type: ResourceType): Intake;
  /**
   * Notes an attribute that no schema declares, once each, and what its value is made of. Of one that the tenant does
   * not synchronise there is nothing to note.
   * @param holder whether the name can be that of a whole schema, or of an attribute of a known one
   * @throws ScimError invalidSyntax in strict mode
   */
  undeclared(name: string, value: unknown, holder?: 'schema or attribute' | 'attribute'): void;
  readonly noted: readonly Undeclared[];
}

const LONGEST_NAME = 200;
/** Names that one request can have noted. */
const MOST_NOTED = 200;
/** Elements of a list that are looked at for what such elements are made of. */
const ELEMENTS_SEEN = 10;
/** `urn:…:2.0:User` names a schema, `urn:…:2.0:User:colour` an attribute of it; without a version, a schema is meant. */
const ATTRIBUTE_AFTER_SCHEMA = /:\d+(?:\.\d+)*:[^:]+:/;

export function createIntake(leniency: Leniency): Intake {
  const noted: Undeclared[] = [];
  const seen = new Set<string>();
  const intakeOf = (type: ResourceType | undefined): Intake => {
    const resourceType = type?.name ?? '';
    const note = (name: string, value: unknown): void => {
      const entry = { resourceType, name: name.slice(0, LONGEST_NAME), type: typeOf(value) };
      const key = JSON.stringify(entry);
      if (seen.has(key) || noted.length >= MOST_NOTED) return;
      seen.add(key);
      noted.push(entry);
    };
    return {
      leniency,
      noted,
      of: intakeOf,
      undeclared(name, value, holder = 'schema or attribute') {
        if (type && isUnsynchronised(type, name, leniency)) return;
        const isSchema =
          holder !== 'attribute' &&
          /^urn:/i.test(name) &&
          isObject(value) &&
          !ATTRIBUTE_AFTER_SCHEMA.test(name);
        if (!isSchema) note(name, value);
        for (const [part, inner] of partsOf(value)) {
          note(`${name}${isSchema ? ':' : '.'}${part}`, inner);
          if (isSchema) for (const [sub, leaf] of partsOf(inner)) note(`${name}:${part}.${sub}`, leaf);
        }
        // An empty container says nothing but its name.
        if (isSchema && Object.keys(value).length === 0) note(name, value);
        // D4-15, C7.04
        if (!leniency.use('attribute-undeclared')) {
          throw invalidSyntax(`The attribute "${name}" is not declared in any schema.`);
        }
      },
    };
  };
  return intakeOf(undefined);
}

/** The members of an object, or of the objects of a list. */
function partsOf(value: unknown): [string, unknown][] {
  const objects = Array.isArray(value) ? value.slice(0, ELEMENTS_SEEN) : [value];
  return objects.filter(isObject).flatMap((object) => Object.entries(object));
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) {
    const types = new Set(value.slice(0, ELEMENTS_SEEN).map((element) => typeOf(element)));
    const [only = ''] = types;
    return types.size === 1 && /^(?:string|number|boolean|object)$/.test(only) ? `${only}[]` : 'array';
  }
  return value === null || value === undefined ? 'null' : typeof value;
}
