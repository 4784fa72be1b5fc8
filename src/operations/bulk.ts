/** Many changes in one request (RFC 7644 §3.7). */
import { orderOf } from '../scim/bulk/order.ts';
import { referencesIn, withReferences } from '../scim/bulk/references.ts';
import type { BulkItem, BulkOperation, BulkRequest } from '../scim/bulk/request.ts';
import { conflict, invalidValue, ScimError } from '../scim/errors.ts';
import { DEFAULT_SELECTION, type Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Context } from './context.ts';
import { addMembers, create, enter, prepareCreation } from './create.ts';
import { hashPassword } from './password.ts';
import { patch } from './patch.ts';
import { remove } from './remove.ts';
import { replace } from './replace.ts';

/** What became of one operation. */
export interface BulkOutcome {
  readonly item: BulkItem;
  readonly status: number;
  /** The resource concerned; undefined for a creation that failed (B8.04). */
  readonly resource:
    | { readonly type: ResourceType; readonly id: string; readonly version: number | undefined }
    | undefined;
  /** What went wrong; anything but a ScimError is a fault of the server. */
  readonly error: unknown;
}

/** Ids of the resources to be created, by bulkId: known beforehand, so that references need no second pass. */
type Ids = Map<string, string>;

/**
 * Carries out the operations, each in a transaction of its own (B8.11); those that refer to each other in a circle
 * share one.
 * @returns the outcomes in the order given; operations not reached because of failOnErrors are not among them (B8.03)
 */
export async function bulk(
  context: Context,
  { items, failOnErrors }: BulkRequest,
): Promise<readonly BulkOutcome[]> {
  const creators = new Map<string, number>();
  const ids = new Map<string, string>();
  items.forEach(({ operation }, at) => {
    if (operation instanceof ScimError || operation.method !== 'POST' || !operation.bulkId) return;
    creators.set(operation.bulkId, at);
    ids.set(operation.bulkId, context.newId());
  });
  const needs = items.map(({ operation }) => {
    const names = operation instanceof ScimError ? [] : [...referencesIn([operation.id, operation.data])];
    return names.map((bulkId) => creators.get(bulkId)).filter((at) => at !== undefined);
  });

  const outcomes = new Map<number, BulkOutcome>();
  let errors = 0;
  for (const group of orderOf(needs)) {
    const failed = new Set(
      [...ids].filter(([bulkId]) => hasFailed(outcomes, creators.get(bulkId))).map(([bulkId]) => bulkId),
    );
    const results = await carryOut(
      context,
      group.map((at) => items[at] as BulkItem),
      ids,
      failed,
    );
    group.forEach((at, index) => outcomes.set(at, results[index] as BulkOutcome));
    errors += results.filter(({ status }) => status >= 400).length;
    if (failOnErrors !== undefined && errors >= failOnErrors) break;
  }
  return [...outcomes].sort(([a], [b]) => a - b).map(([, outcome]) => outcome);
}

function hasFailed(outcomes: ReadonlyMap<number, BulkOutcome>, at: number | undefined): boolean {
  return at !== undefined && (outcomes.get(at)?.status ?? 0) >= 400;
}

async function carryOut(
  context: Context,
  group: readonly BulkItem[],
  ids: Ids,
  failed: ReadonlySet<string>,
): Promise<readonly BulkOutcome[]> {
  const [first] = group;
  if (group.length > 1) return circle(context, group, ids, failed);
  return first ? [await single(context, first, ids, failed)] : [];
}

async function single(
  context: Context,
  item: BulkItem,
  ids: Ids,
  failed: ReadonlySet<string>,
): Promise<BulkOutcome> {
  const { operation } = item;
  if (operation instanceof ScimError) return failure(item, operation);
  try {
    checkReferences(operation, ids, failed);
    return await run(context, item, operation, ids);
  } catch (error) {
    return failure(item, error);
  }
}

/** Of what was changed a bulk response says the version. */
const VERSION_ONLY: Selection = Object.freeze({ kind: 'only', named: new Map() });

async function run(
  context: Context,
  item: BulkItem,
  operation: BulkOperation,
  ids: Ids,
): Promise<BulkOutcome> {
  const { type, version } = operation;
  const data = withReferences(operation.data, ids);
  const id = String(withReferences(operation.id ?? ids.get(operation.bulkId ?? ''), ids));
  const done = (status: number, after: number | undefined): BulkOutcome => ({
    item,
    status,
    resource: { type, id, version: after },
    error: undefined,
  });
  switch (operation.method) {
    case 'POST': {
      const created = await create(context, type, data, DEFAULT_SELECTION, id);
      // Somebody who was there already keeps their id; what comes later refers to that.
      if (operation.bulkId) ids.set(operation.bulkId, created.id);
      const resource = { type, id: created.id, version: created.version };
      return { item, status: 201, resource, error: undefined };
    }
    case 'PUT':
      return done(200, (await replace(context, type, id, data, version, VERSION_ONLY)).version);
    case 'PATCH':
      return done(200, (await patch(context, type, id, data, version, VERSION_ONLY)).version);
    case 'DELETE':
      await remove(context, type, id, version);
      return done(204, undefined);
  }
}

/** Creations that refer to each other: all rows first, then who belongs to whom, in one transaction. */
async function circle(
  context: Context,
  group: readonly BulkItem[],
  ids: Ids,
  failed: ReadonlySet<string>,
): Promise<readonly BulkOutcome[]> {
  let culprit: BulkItem | undefined;
  try {
    const creations = group.map((item) => {
      culprit = item;
      const operation = item.operation as BulkOperation;
      checkReferences(operation, ids, failed);
      const id = ids.get(operation.bulkId ?? '') as string;
      const { type } = operation;
      const creation = prepareCreation(context, type, withReferences(operation.data, ids), id);
      return { item, type, id, creation };
    });
    const hashes = await Promise.all(
      creations.map(({ creation }) => hashPassword(context, creation.password)),
    );
    const entered = await context.directory.transaction(async (transaction) => {
      // Somebody who was there already keeps their id.
      const known = new Map<string, string>();
      for (const { item, type, id, creation } of creations) {
        culprit = item;
        known.set(id, await enter(context, transaction, type, creation));
      }
      for (const [at, { item, type, id, creation }] of creations.entries()) {
        culprit = item;
        const own = known.get(id) as string;
        const members = creation.accepted.members?.map((member) => known.get(member) ?? member);
        const accepted = { ...creation.accepted, members };
        await addMembers(context, transaction, type, { ...creation, accepted }, own);
        const hash = hashes[at];
        if (hash) await transaction.setPassword(own, hash, creation.at);
      }
      return known;
    });
    return creations.map(({ item, type, id }) => ({
      item,
      status: 201,
      resource: { type, id: entered.get(id) ?? id, version: id === entered.get(id) ? 1 : undefined },
      error: undefined,
    }));
  } catch (error) {
    // B8.07: the others could have been created, but for the circle.
    const others = conflict('The operation refers in a circle to one that failed.');
    return group.map((item) => failure(item, item === culprit ? error : others));
  }
}

/** @throws ScimError invalidValue for a reference to what this request does not create, or failed to (B8.07) */
function checkReferences(operation: BulkOperation, ids: Ids, failed: ReadonlySet<string>): void {
  for (const bulkId of referencesIn([operation.id, operation.data])) {
    const name = JSON.stringify(bulkId.slice(0, 64));
    if (!ids.has(bulkId)) throw invalidValue(`No POST of this request has the bulkId ${name}.`);
    if (failed.has(bulkId)) throw invalidValue(`The operation with the bulkId ${name} failed.`);
  }
}

function failure(item: BulkItem, error: unknown): BulkOutcome {
  const { operation } = item;
  const known = operation instanceof ScimError || operation.method === 'POST' ? undefined : operation.id;
  const status = error instanceof ScimError ? error.status : 500;
  const type = operation instanceof ScimError ? undefined : operation.type;
  return {
    item,
    status,
    resource: known && type ? { type, id: known, version: undefined } : undefined,
    error,
  };
}
