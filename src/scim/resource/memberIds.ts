/** The ids that a `members` value holds. */
import { invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { isObject } from './document.ts';
import type { Intake } from './intake.ts';
import { listOf } from './tolerances.ts';
import { acceptOne } from './value.ts';

/**
 * Nothing is passed over: a member that was not understood would be one that a replacement takes away.
 * @throws ScimError invalidValue for a member without an id
 */
export function memberIds(attribute: Attribute, value: unknown, intake: Intake): readonly string[] {
  if (value === null || value === undefined) return [];
  const list = listOf(value, intake.leniency);
  if (!Array.isArray(list)) throw invalidValue('"members" must be a list.');
  return list.map((given: unknown) => {
    const member = acceptOne(attribute, given, intake);
    const id = isObject(member) ? member['value'] : undefined;
    if (typeof id !== 'string')
      throw invalidValue('Each of "members" must have a "value": the id of a resource.');
    return id;
  });
}
