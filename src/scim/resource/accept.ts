/** From a body to a canonical document: POST and PUT (RFC 7644 §3.3, §3.5.1). */
import { invalidSyntax } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { resolve } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isDiscarded, isMembers } from '../schema/storage.ts';
import { type Document, isObject, readAttribute, withKey, writeAttribute } from './document.ts';
import type { Intake } from './intake.ts';
import { memberIds } from './memberIds.ts';
import { type GivenPassword, isPassword } from './password.ts';
import { acceptValue, assigned, assignedOf, attributesIn, uniqueKeys } from './value.ts';

export interface Accepted {
  readonly document: Document;
  /** Ids in the order given; undefined when the body has no `members`. */
  readonly members: readonly string[] | undefined;
  /** URNs of the extensions of which the body says something, if only that they are empty. */
  readonly extensions: ReadonlySet<string>;
  /** Undefined when the body has no `password`. It is not judged: most tenants keep none. */
  readonly password: GivenPassword | undefined;
}

/**
 * Brings a body to canonical form; what it says of readOnly attributes is ignored (B2.02, B5.03).
 * @throws ScimError invalidSyntax for what is no resource of this type
 */
export function acceptResource(type: ResourceType, body: unknown, given: Intake): Accepted {
  const intake = given.of(type);
  if (!isObject(body))
    throw invalidSyntax(`The body must be a JSON object with the attributes of a ${type.name}.`);
  const entries = uniqueKeys(body);
  acceptSchemas(type, entries, intake);
  let document: Document = {};
  let members: readonly string[] | undefined;
  const extensions = new Set<string>();
  let password: GivenPassword | undefined;
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (key === 'schemas') continue;
    const resolved = resolve(type, name, intake.leniency);
    if (!resolved) {
      intake.undeclared(name, value);
      continue;
    }
    const extension = resolved.kind === 'extension' ? resolved.extension.id : resolved.attribute.extension;
    if (extension) extensions.add(extension);
    if (resolved.kind === 'extension') {
      for (const [attribute, part] of value === null ? [] : attributesIn(resolved.extension, value, intake)) {
        document = acceptAttribute(attribute, undefined, part, document, intake);
      }
    } else if (isMembers(resolved.attribute)) {
      members = memberIds(resolved.attribute, value, intake);
    } else if (isPassword(resolved.attribute)) {
      password = { attribute: resolved.attribute, value };
    } else if (
      (resolved.sub ?? resolved.attribute).mutability !== 'readOnly' &&
      !isDiscarded(resolved.attribute)
    ) {
      document = acceptAttribute(resolved.attribute, resolved.sub, value, document, intake);
    }
  }
  return { document, members, extensions, password };
}

function acceptAttribute(
  attribute: Attribute,
  sub: Attribute | undefined,
  value: unknown,
  document: Document,
  intake: Intake,
): Document {
  if (!sub) {
    const accepted = assignedOf(attribute, acceptValue(attribute, value, intake));
    return writeAttribute(document, attribute, accepted ?? undefined);
  }
  // `"name.givenName": "…"` as a key of a resource (quirk 4).
  if (attribute.multiValued || !intake.leniency.use('attribute-as-path')) {
    throw invalidSyntax(`Give "${attribute.path}" as an object, not "${sub.path}" as a key.`);
  }
  const whole = readAttribute(document, attribute);
  const changed = withKey(
    isObject(whole) ? whole : {},
    sub.name,
    acceptValue(sub, value, intake) ?? undefined,
  );
  return writeAttribute(document, attribute, assigned(changed) ?? undefined);
}

/** RFC 7643 §3: `schemas` is required and names the base schema; what clients get wrong about it is tolerated. */
function acceptSchemas(
  type: ResourceType,
  entries: readonly [string, unknown][],
  { leniency }: Intake,
): void {
  const given = entries.find(([name]) => name.toLowerCase() === 'schemas')?.[1];
  if (given === undefined || given === null) {
    if (!leniency.use('schemas-missing')) throw invalidSyntax('The body must have "schemas".');
    return;
  }
  if (!Array.isArray(given) || !given.every((urn) => typeof urn === 'string')) {
    throw invalidSyntax('"schemas" must be a list of schema URIs.');
  }
  const urns = new Set(given.map((urn: string) => urn.toLowerCase()));
  const known = (urn: string): boolean =>
    urn === type.schema.toLowerCase() || (type.whole ?? type).extensions.has(urn);
  const isTrue = urns.has(type.schema.toLowerCase()) && [...urns].every(known) && urns.size === given.length;
  if (!isTrue && !leniency.use('schemas-unknown')) {
    throw invalidSyntax(
      `"schemas" must name ${type.schema}, each schema once, and none that a ${type.name} does not have.`,
    );
  }
  const unlisted = entries.some(
    ([name]) => type.extensions.has(name.toLowerCase()) && !urns.has(name.toLowerCase()),
  );
  if (unlisted && !leniency.use('extension-without-schemas-entry')) {
    throw invalidSyntax('"schemas" must name every extension that the body has.');
  }
}
