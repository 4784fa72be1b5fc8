/** Whether settings speak of attributes that there are. */
import { invalidValue, ScimError } from '../scim/errors.ts';
import type { BoundFilter, Field } from '../scim/filter/bound.ts';
import { readFilter } from '../scim/filter/read.ts';
import type { Attribute } from '../scim/schema/attribute.ts';
import { chosenBy, chosenType } from '../scim/schema/chosen.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { isDiscarded } from '../scim/schema/storage.ts';
import { createLeniency } from '../scim/tolerance.ts';
import type { GivenProvisioning } from './givenSettings.ts';
import type { ProvisioningSettings } from './settings.ts';

/**
 * Checks the names and the filter that are given; and those that are there already, where what is given could make them
 * untrue. A name that became unknown since, with the schema that declared it, is in nobody's way.
 * @param whole the type of users, with everything that the tenant has declared
 * @throws ScimError invalidValue naming what is wrong
 */
export function checkAttributes(
  whole: ResourceType,
  given: GivenProvisioning,
  settings: ProvisioningSettings,
): void {
  for (const name of given.attributes ?? []) checkChosen(whole, name);
  for (const name of given.requiredAttributes ?? []) checkRequired(whole, name);
  const type = chosenType(whole, settings);
  const unsynchronised = settings.requiredAttributes.find(
    (name) => chosenBy(whole, name) && !chosenBy(type, name),
  );
  if (unsynchronised !== undefined && (given.attributes || given.requiredAttributes)) {
    throw invalidValue(
      `${quoted(unsynchronised)} is required but not synchronised; add it to "attributes", or take it from "requiredAttributes".`,
    );
  }
  if (
    settings.userRoles !== 'ignored' &&
    (given.attributes || given.userRoles) &&
    !type.attributes.has('roles')
  )
    throw invalidValue(
      '"roles" of users are to count but are not synchronised; add "roles" to "attributes".',
    );
  if (settings.admission !== null && (given.admission || given.attributes))
    checkAdmission(type, settings.admission);
}

function checkChosen(whole: ResourceType, name: string): void {
  const found = chosenBy(whole, name);
  if (!found) throw unknown('attributes', name);
  if (found.kind === 'attribute' && found.sub && found.attribute.key !== 'name') {
    const path = found.attribute.path;
    throw invalidValue(
      `${quoted(name)} in "attributes" is a part of ${quoted(path)}, which is synchronised as a whole; write ${quoted(path)}.`,
    );
  }
}

function checkRequired(whole: ResourceType, name: string): void {
  const found = chosenBy(whole, name);
  if (!found) throw unknown('requiredAttributes', name);
  if (found.kind === 'extension')
    throw invalidValue(`${quoted(name)} in "requiredAttributes" is a whole schema; name attributes of it.`);
  const { attribute, sub } = found;
  const cannot = (one: Attribute): boolean => one.mutability === 'readOnly' || isDiscarded(one);
  if (cannot(attribute) || (sub && cannot(sub)))
    throw invalidValue(
      `${quoted(name)} cannot be required: no identity provider sets it, or it is not kept.`,
    );
}

function checkAdmission(type: ResourceType, text: string): void {
  let filter: BoundFilter;
  try {
    filter = readFilter(type, text, createLeniency('strict'));
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    throw invalidValue(`"admission" is no filter for users: ${error.message}`);
  }
  const foreign = fieldsOf(filter).find(({ storage }) => !OWN.has(storage));
  if (foreign) {
    throw invalidValue(
      `"admission" can only ask for what the identity provider says of the user itself, and ${quoted(foreign.attribute.path)} is not that.`,
    );
  }
}

/** What changes with the user alone: when a group changes, nobody asks again who is admitted. */
const OWN: ReadonlySet<Field['storage']> = new Set(['document', 'key', 'externalId', 'active', 'groups']);

function fieldsOf(filter: BoundFilter): readonly Field[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.flatMap(fieldsOf);
    case 'not':
      return fieldsOf(filter.term);
    case 'constant':
      return [];
    default:
      return [filter.field];
  }
}

function unknown(setting: string, name: string): Error {
  return invalidValue(
    `${quoted(name)} in "${setting}" is no attribute of users; write it as in /Schemas, one of an extension after its URN.`,
  );
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
