/** From the body of a PATCH to operations (RFC 7644 §3.5.2). */
import { invalidPath, invalidSyntax, invalidValue, mutability, noTarget, tooMany } from '../errors.ts';
import { excerpt } from '../path/excerpt.ts';
import { parseKey, parsePath } from '../path/parse.ts';
import type { Target } from '../path/target.ts';
import { isObject } from '../resource/document.ts';
import type { Intake } from '../resource/intake.ts';
import { type GivenPassword, isPassword } from '../resource/password.ts';
import { attributesIn, uniqueKeys } from '../resource/value.ts';
import type { Attribute } from '../schema/attribute.ts';
import { isUnsynchronised } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isDiscarded, isMembers } from '../schema/storage.ts';
import { acceptMemberEdits } from './acceptMembers.ts';
import { acceptPatchValue } from './acceptValue.ts';
import type { AcceptedPatch, DocumentOperation, MemberEdit, Operator } from './operation.ts';
import { operationsOf, operatorOf } from './tolerances.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** More than any client sends: some put a whole group's membership in one request, an operation for each member. */
const MAX_OPERATIONS = 10_000;

/**
 * Accepts a PATCH of one resource. A path-less operation becomes one operation for each attribute in its value,
 * so that both forms mean the same.
 * @param id of the resource: a client may repeat it in a value, as Okta does
 * @throws ScimError for what B6.01 to B6.05 refuse; nothing has been changed then
 */
export function acceptPatch(type: ResourceType, id: string, body: unknown, whole: Intake): AcceptedPatch {
  const intake = whole.of(type);
  const operations: DocumentOperation[] = [];
  const memberEdits: MemberEdit[] = [];
  const passwords: GivenPassword[] = [];
  for (const given of readOperations(body, intake)) {
    for (const [target, op, value, fromValue] of targetsOf(type, given, intake)) {
      const readOnly = readOnlyOf(target);
      if (readOnly) {
        refuseChange(readOnly, id, op, value, fromValue, intake);
      } else if (target.kind !== 'extension' && isDerived(target.attribute)) {
        refuseSchemas(type, op, value, intake);
      } else if (target.kind === 'attribute' && isPassword(target.attribute)) {
        passwords.push({ attribute: target.attribute, value: op === 'remove' ? null : value });
      } else if (target.kind !== 'extension' && isDiscarded(target.attribute)) {
        continue;
      } else if (target.kind !== 'extension' && isMembers(target.attribute)) {
        memberEdits.push(...acceptMemberEdits(target, op, value, intake));
      } else {
        operations.push(...acceptPatchValue(op, target, value, intake));
      }
    }
  }
  return { operations, memberEdits, passwords };
}

interface Given {
  readonly op: Operator;
  readonly path: unknown;
  readonly value: unknown;
}

function readOperations(body: unknown, intake: Intake): Given[] {
  const { leniency } = intake;
  if (!isObject(body)) throw invalidSyntax('The body must be a PatchOp message.');
  const schemas = body['schemas'];
  const named = Array.isArray(schemas) && schemas.some((urn) => isUrn(urn, PATCH_OP));
  if (!named && !leniency.use(schemas === undefined ? 'schemas-missing' : 'schemas-unknown')) {
    throw invalidSyntax(`"schemas" must name ${PATCH_OP}.`);
  }
  const list = operationsOf(body, leniency);
  if (!Array.isArray(list)) throw invalidSyntax('A PATCH must have "Operations": a list of operations.');
  if (list.length === 0) throw invalidSyntax('"Operations" must hold at least one operation.');
  if (list.length > MAX_OPERATIONS) throw tooMany(`A PATCH may have ${MAX_OPERATIONS} operations at most.`);
  return list.map((operation: unknown) => {
    if (!isObject(operation)) throw invalidSyntax('Each operation must be an object.');
    const byKey = new Map(uniqueKeys(operation).map(([name, value]) => [name.toLowerCase(), value]));
    const op = operatorOf(byKey.get('op'), leniency);
    const value = byKey.get('value');
    if (op !== 'remove' && value === undefined) throw invalidValue(`An ${op} must have a "value".`);
    // B6.04, quirk 12
    if (op === 'remove' && value !== undefined && value !== null && !leniency.use('remove-with-value')) {
      throw invalidSyntax('A remove has no "value"; select what to remove by a filter in its path.');
    }
    return { op, path: byKey.get('path'), value };
  });
}

/** The targets of one operation, each with its operator and value, and whether it was a key of a path-less value. */
function* targetsOf(
  type: ResourceType,
  { op, path, value }: Given,
  intake: Intake,
): Generator<[Target, Operator, unknown, boolean]> {
  if (path !== undefined && path !== null && path !== '') {
    if (typeof path !== 'string') throw invalidPath('The "path" of an operation must be a string.');
    const target = parsePath(type, path, intake.leniency);
    if (target) yield [allowed(target, op, intake), op, value, false];
    else unknownPath(type, path, value, intake);
    return;
  }
  // C7.10
  if (intake.leniency.rules.needsPath) {
    throw invalidSyntax(`Each operation must have a "path"; write one operation for each attribute.`);
  }
  // RFC 7644 §3.5.2.2
  if (op === 'remove') throw noTarget('A remove must have a "path".');
  if (!isObject(value))
    throw invalidValue(`An ${op} without "path" must have an object of attributes as its value.`);
  for (const [name, part] of uniqueKeys(value)) {
    if (name.toLowerCase() === 'schemas') continue;
    const target = parseKey(type, name, intake.leniency);
    if (!target) {
      intake.undeclared(name, part);
    } else if (target.kind === 'extension') {
      // Each of its attributes for itself, so that the container's other attributes stay (quirk 6).
      for (const [attribute, attributeValue] of attributesIn(target.extension, part, intake)) {
        yield [{ kind: 'attribute', attribute }, op, attributeValue, true];
      }
    } else {
      const nested = target.kind !== 'attribute';
      if (nested && !intake.leniency.use('attribute-as-path')) {
        throw invalidPath(`Give "${target.attribute.path}" as an object, not "${name}" as a key.`);
      }
      yield [target, op, part, true];
    }
  }
}

/**
 * The target, if the tenant's mode allows to point at it.
 * @throws ScimError invalidPath for whole elements; members can be removed only so (C7.11, C7.12, C7.15)
 */
function allowed(target: Target, op: Operator, { leniency }: Intake): Target {
  const isWhole = target.kind === 'elements' && !target.sub;
  const isRemovalOfMembers = isWhole && op === 'remove' && isMembers(target.attribute);
  if (!isWhole || isRemovalOfMembers || !leniency.rules.needsSub) return target;
  throw invalidPath(
    `A path with a filter must end in a sub-attribute, as in 'emails[type eq "work"].value'.`,
  );
}

// D4-15: an undeclared attribute is ignored and noted, in paths as in bodies.
function unknownPath(type: ResourceType, path: string, value: unknown, intake: Intake): void {
  if (isUnsynchronised(type, path, intake.leniency)) return;
  if (!intake.leniency.use('unknown-path')) {
    const message = `The path "${excerpt(path)}" names no attribute of this resource. See /Schemas.`;
    throw intake.leniency.rules.undeclaredIsSyntax ? invalidSyntax(message) : invalidPath(message);
  }
  // What a filter in the path compares with is a value, and values are not remembered.
  intake.undeclared(path.replace(/\[.*\]/s, '[]'), value);
}

/** `schemas` follows from the attributes that there are (B4.56): what is said of it has to be true, and changes nothing. */
function isDerived(attribute: Attribute): boolean {
  return attribute.key === 'schemas' && !attribute.extension;
}

function refuseSchemas(type: ResourceType, op: Operator, value: unknown, { leniency }: Intake): void {
  if (op === 'remove') throw mutability('"schemas" is required and cannot be removed.');
  const urns: unknown[] = Array.isArray(value) ? value : [value];
  const declared = [type.schema, ...(type.whole ?? type).extensions.keys()];
  const known = (urn: unknown): boolean => declared.some((one) => isUrn(urn, one));
  if (!urns.every(known) && !leniency.use('schemas-unknown')) {
    const message = `"schemas" can name no schema that a ${type.name} does not have.`;
    throw leniency.rules.undeclaredIsSyntax ? invalidSyntax(message) : invalidValue(message);
  }
}

function readOnlyOf(target: Target): Attribute | undefined {
  if (target.kind === 'extension') return undefined;
  if (target.attribute.mutability === 'readOnly') return target.attribute;
  const sub = target.kind === 'attribute' ? undefined : target.sub;
  return sub?.mutability === 'readOnly' ? sub : undefined;
}

/** B6.05: a readOnly attribute cannot be changed; what only repeats it is let pass (D4-19). */
function refuseChange(
  attribute: Attribute,
  id: string,
  op: Operator,
  value: unknown,
  fromValue: boolean,
  intake: Intake,
): void {
  const isId = attribute.key === 'id' && !attribute.parent && !attribute.extension;
  if (isId && op !== 'remove' && value === id) return;
  if (fromValue && !isId && intake.leniency.use('read-only-echo')) return;
  throw mutability(`The attribute "${attribute.path}" is readOnly.`);
}

function isUrn(given: unknown, urn: string): boolean {
  return typeof given === 'string' && given.toLowerCase() === urn.toLowerCase();
}
