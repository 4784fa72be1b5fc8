/** From what an admin writes to a schema that the server can work by. */
import { Ajv, type ErrorObject } from 'ajv';
import { invalidSyntax, invalidValue } from '../errors.ts';
import type { AttributeDefinition, AttributeType } from './attribute.ts';
import { isInherited, isSpecial } from './attributeName.ts';
import { META_SCHEMA } from './metaSchema.ts';
import type { TenantSchema } from './tenantDefinitions.ts';

type GivenAttribute = Partial<Omit<AttributeDefinition, 'subAttributes'>> & {
  readonly name: string;
  readonly subAttributes?: readonly GivenAttribute[];
};

interface Given {
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly attributes: readonly GivenAttribute[];
  readonly extends?: readonly string[];
}

/** Attributes and sub-attributes of one schema. */
const MOST_ATTRIBUTES = 200;
const LONGEST_URN = 200;
const URN = /^urn:[a-z0-9][a-z0-9-]{1,31}(?::[a-z0-9._-]+)+$/i;
const MESSAGES = 'urn:ietf:params:scim:api:';

const validate = new Ajv({ verbose: true, strict: true }).compile<Given>(META_SCHEMA);

/**
 * Reads a schema; what it leaves out gets the defaults of RFC 7643 §2.2, so that `/Schemas` states everything (A4.01,
 * A11.02).
 * @param id the URN under which it is to be known
 * @throws ScimError invalidValue naming the attribute at fault
 */
export function defineSchema(id: string, body: unknown): TenantSchema {
  if (id.length > LONGEST_URN || !URN.test(id)) {
    throw invalidValue(
      `A schema is known by a URN of letters, digits, ".", "_", "-" and ":", at most ${LONGEST_URN} characters long, such as urn:ietf:params:scim:schemas:extension:acme:2.0:User.`,
    );
  }
  // A2.04
  if (id.toLowerCase().startsWith(MESSAGES)) throw invalidValue(`${MESSAGES} is for messages, not schemas.`);
  if (!validate(body)) throw refusal(validate.errors?.[0], body);
  if (body.id !== undefined && body.id.toLowerCase() !== id.toLowerCase()) {
    throw invalidValue(`The "id" of the schema must be the URN in the address, ${id}.`);
  }
  const attributes = defineAll(body.attributes, undefined);
  const count = attributes.reduce((sum, { subAttributes = [] }) => sum + 1 + subAttributes.length, 0);
  if (count === 0) throw invalidValue('A schema needs at least one attribute.');
  if (count > MOST_ATTRIBUTES) {
    throw invalidValue(`A schema has at most ${MOST_ATTRIBUTES} attributes and sub-attributes; divide it.`);
  }
  checkKey(attributes, body.extends ?? []);
  const { name, description = '' } = body;
  return { id, name, description, attributes, extends: body.extends ?? [] };
}

function defineAll(
  given: readonly GivenAttribute[],
  parent: string | undefined,
): readonly AttributeDefinition[] {
  const seen = new Set<string>();
  return given.map((attribute) => {
    const path = parent === undefined ? attribute.name : `${parent}.${attribute.name}`;
    const key = attribute.name.toLowerCase();
    if (isInherited(key)) throw bad(path, 'cannot have this name, which every JavaScript object has');
    if (parent === undefined && isSpecial(key)) {
      throw bad(path, 'cannot have this name, which has a meaning of its own in SCIM');
    }
    if (seen.has(key)) throw bad(path, 'is there twice; names are the same in upper and lower case');
    seen.add(key);
    return define(attribute, path, parent !== undefined);
  });
}

function define(given: GivenAttribute, path: string, isSub: boolean): AttributeDefinition {
  const { name, type = 'string', multiValued = false, required = false, description = '' } = given;
  const { mutability = 'readWrite' } = given;
  const { returned = mutability === 'writeOnly' ? 'never' : 'default' } = given;
  checkForm(given, type, path);
  if (mutability === 'writeOnly' && returned !== 'never')
    throw bad(path, 'is writeOnly, so "returned" must be never');
  if (required && mutability === 'readOnly')
    throw bad(path, 'cannot be both required and readOnly: nobody would set it');
  if (required && !isSub && returned === 'never')
    throw bad(path, 'cannot be required, because what is never returned is not kept');
  const base = { name, type, multiValued, description, required };
  const behaviour = { mutability, returned };
  if (type === 'complex') {
    return { ...base, ...behaviour, subAttributes: defineAll(given.subAttributes ?? [], path) };
  }
  if (isSub && (given.uniqueness ?? 'none') !== 'none')
    throw bad(path, 'cannot be unique, being part of another attribute');
  return {
    ...base,
    ...(given.canonicalValues === undefined ? {} : { canonicalValues: given.canonicalValues }),
    caseExact: caseExactOf(given, type, path),
    ...behaviour,
    uniqueness: given.uniqueness ?? 'none',
    ...(type === 'reference' ? { referenceTypes: given.referenceTypes ?? ['uri'] } : {}),
  };
}

function checkForm(given: GivenAttribute, type: AttributeType, path: string): void {
  if (type === 'complex') {
    if ((given.subAttributes ?? []).length === 0) throw bad(path, 'is complex and needs "subAttributes"');
    // A3.07
    if (given.caseExact !== undefined || (given.uniqueness ?? 'none') !== 'none')
      throw bad(path, 'is complex, so it has neither "caseExact" nor "uniqueness"');
  } else if (given.subAttributes !== undefined) {
    throw bad(path, 'has "subAttributes", so its type must be complex');
  }
  if (given.referenceTypes !== undefined && type !== 'reference')
    throw bad(path, 'has "referenceTypes", so its type must be reference');
  if (given.canonicalValues !== undefined && type !== 'string')
    throw bad(path, 'has "canonicalValues", so its type must be string');
}

// A3.05, A3.06: what is published has to be how the server compares.
function caseExactOf({ caseExact }: GivenAttribute, type: AttributeType, path: string): boolean {
  if (type === 'string') return caseExact ?? false;
  const exact = type === 'reference' || type === 'binary';
  if (exact && caseExact === false) throw bad(path, `is of type ${type}, so "caseExact" must be true`);
  if (!exact && caseExact === true) throw bad(path, `is of type ${type}, which knows no case`);
  return exact;
}

/** A resource is unique by one attribute, whose value stands in an indexed column; more is not promised (A4.06). */
function checkKey(attributes: readonly AttributeDefinition[], types: readonly string[]): void {
  const [key, ...others] = attributes.filter(({ uniqueness = 'none' }) => uniqueness !== 'none');
  if (!key) return;
  const fits = key.type === 'string' && !key.multiValued && key.returned !== 'never';
  if (key.uniqueness === 'global') throw bad(key.name, 'can be unique by "server", not by "global"');
  if (types.length > 0) throw bad(key.name, 'cannot be unique: values of an extension are not kept unique');
  if (others[0]) throw bad(others[0].name, `cannot be unique beside "${key.name}"; one attribute can be`);
  if (!fits || key.mutability === 'readOnly' || key.caseExact) {
    throw bad(
      key.name,
      'can be unique only as a single string that is not caseExact, can be set, and is returned',
    );
  }
}

function bad(path: string, why: string): Error {
  return invalidValue(`The attribute "${path}" ${why}.`);
}

function refusal(error: ErrorObject | undefined, body: unknown): Error {
  const { keyword, instancePath = '', params = {}, parentSchema } = error ?? {};
  const { attribute, field } = placeOf(instancePath, body);
  const subject = attribute ? `The attribute "${attribute}"` : 'The schema';
  if (keyword === 'required') return invalidValue(`${subject} needs "${String(params['missingProperty'])}".`);
  if (keyword === 'additionalProperties') {
    const name = JSON.stringify(String(params['additionalProperty']).slice(0, 100));
    return invalidValue(`${subject} has ${name}, which a schema does not know there (RFC 7643 §7).`);
  }
  const description = String(parentSchema?.['description']);
  if (instancePath === '') return invalidSyntax(`The body must be ${description}.`);
  if (field === undefined) return invalidValue(`${subject} must be ${description}.`);
  return invalidValue(`${subject} is not right: "${field}" must be ${description}.`);
}

/** Which attribute a JSON pointer leads to, by its names, and which field of it. */
function placeOf(pointer: string, body: unknown): { attribute: string; field: string | undefined } {
  const names: string[] = [];
  let field: string | undefined;
  let node = body;
  for (const part of pointer.split('/').slice(1)) {
    node = (node as Record<string, unknown> | undefined)?.[part];
    if (!/^\d+$/.test(part)) {
      field = part;
    } else if (field === 'attributes' || field === 'subAttributes') {
      const name = (node as { name?: unknown } | null)?.name;
      names.push(typeof name === 'string' ? name.slice(0, 100) : `no. ${Number(part) + 1}`);
      field = undefined;
    }
  }
  return { attribute: names.join('.'), field };
}
