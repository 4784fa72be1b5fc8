/** The leniencies toward the form of a PATCH. Numbers are those of the catalogue in docs/tolerances.md. */
import { invalidSyntax } from '../errors.ts';
import { isObject } from '../resource/document.ts';
import type { Leniency } from '../tolerance.ts';
import type { Operator } from './operation.ts';

/** The value under `Operations`, in whatever case (quirk 19), or a SCIM 1.1 edit of members put as operations. */
export function operationsOf(body: Record<string, unknown>, leniency: Leniency): unknown {
  if (body['Operations'] !== undefined) return body['Operations'];
  const other = Object.keys(body).find((key) => key.toLowerCase() === 'operations');
  if (other && leniency.use('operations-key-case')) return body[other];
  // OneLogin's older connectors: {"members":[{"value":"…","operation":"delete"}]}
  const members = body['members'];
  if (Array.isArray(members) && leniency.use('scim1-members')) return members.map(scim1Operation);
  return undefined;
}

function scim1Operation(member: unknown): unknown {
  const value = isObject(member) ? member['value'] : undefined;
  const op = isObject(member) && member['operation'] === 'delete' ? 'remove' : 'add';
  return { op, path: 'members', value: [{ value }] };
}

/** `Add`, `Replace`, `Remove`, as Entra ID writes them by default (quirk 1). */
export function operatorOf(op: unknown, leniency: Leniency): Operator {
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  const lower = typeof op === 'string' ? op.toLowerCase() : undefined;
  if ((lower === 'add' || lower === 'replace' || lower === 'remove') && leniency.use('operation-case')) {
    return lower;
  }
  throw invalidSyntax('Each operation must have an "op" of add, remove or replace.');
}

/**
 * The values that a remove lists (quirk 12); Salesforce wraps them once more (quirk 14). Removing everything
 * because the list was not understood is what must never happen.
 * @returns undefined when the remove carries no value
 */
export function listedForRemoval(name: string, value: unknown): unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  const wrapped = isObject(value)
    ? Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
    : undefined;
  const list = wrapped ?? value;
  return Array.isArray(list) ? list : [list];
}
