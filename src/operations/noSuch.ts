import { notFound } from '../scim/errors.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';

/** The refusal for an id that is unknown, deleted, or another tenant's: the answer is the same (B3.02, D4-43). */
export function noSuch(type: ResourceType, id: string): Error {
  return notFound(`There is no ${type.name} with the id ${JSON.stringify(id.slice(0, 64))}.`);
}
