/** From operations on `members` to edits of member rows. */
import { mutability, noTarget } from '../errors.ts';
import type { BoundFilter } from '../filter/bound.ts';
import type { Target } from '../path/target.ts';
import { isObject } from '../resource/document.ts';
import type { Intake } from '../resource/intake.ts';
import { memberIds } from '../resource/memberIds.ts';
import { acceptOne } from '../resource/value.ts';
import type { MemberEdit, Operator } from './operation.ts';
import { listedForRemoval } from './tolerances.ts';

/**
 * @throws ScimError mutability for a sub-attribute of an existing member: they are immutable (A8.01)
 */
export function acceptMemberEdits(
  target: Exclude<Target, { kind: 'extension' }>,
  op: Operator,
  value: unknown,
  intake: Intake,
): MemberEdit[] {
  const { attribute } = target;
  if (target.kind === 'sub' || (target.kind === 'elements' && target.sub)) {
    throw unchangeable();
  }
  if (target.kind === 'elements') return [filtered(target, op, value, intake)];
  if (op === 'remove') {
    const listed = listedForRemoval(attribute.name, value);
    return listed
      ? [{ kind: 'remove', ids: memberIds(attribute, listed, intake) }]
      : [{ kind: 'set', ids: [] }];
  }
  const isOne = !Array.isArray(value) && value !== null;
  const list = isOne && !intake.leniency.rules.needsList ? [value] : value;
  const ids = memberIds(attribute, list, intake);
  return [{ kind: op === 'add' ? 'add' : 'set', ids }];
}

function filtered(
  { attribute, filter }: Extract<Target, { kind: 'elements' }>,
  op: Operator,
  value: unknown,
  intake: Intake,
): MemberEdit {
  const ids = idsOf(filter);
  if (op === 'remove') return ids ? { kind: 'remove', ids } : { kind: 'removeMatching', filter };
  const member = acceptOne(attribute, Array.isArray(value) && value.length === 1 ? value[0] : value, intake);
  const id = isObject(member) ? member['value'] : undefined;
  if (typeof id === 'string' && !(ids?.length === 1 && ids[0] === id)) throw unchangeable();
  // An add that names its member by a filter means that member.
  if (ids && intake.leniency.use('value-path-creates')) return { kind: 'add', ids };
  throw noTarget('Name the members to add by "value".');
}

function unchangeable(): Error {
  return mutability('A member cannot be changed; remove it and add another.');
}

/** The ids that a filter selects, where it does so by nothing but ids. */
function idsOf(filter: BoundFilter): readonly string[] | undefined {
  if (filter.kind === 'compare') {
    const byId = filter.operator === 'eq' && filter.field.sub?.key === 'value';
    return byId ? [String(filter.operand)] : undefined;
  }
  if (filter.kind !== 'or') return undefined;
  const terms = filter.terms.map(idsOf);
  return terms.every((ids) => ids !== undefined) ? terms.flat() : undefined;
}
