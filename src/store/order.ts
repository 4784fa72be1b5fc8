/** The order of a list as SQL (B4c), and where in that order a page begins (RFC 9865). */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { leaf } from '../scim/filter/bound.ts';
import type { Cursor, Place } from '../scim/list/cursor.ts';
import type { Sort } from '../scim/list/sort.ts';
import type { Attribute } from '../scim/schema/attribute.ts';
import { FALSE, join } from './where/condition.ts';

type Type = 'text' | 'numeric' | 'boolean' | 'timestamptz';

/** An order: an expression, or none for the order of insertion alone. */
export interface Order {
  readonly key: RawBuilder<string | null> | undefined;
  readonly type: Type;
  readonly descending: boolean;
}

export const INSERTION: Order = Object.freeze({ key: undefined, type: 'text', descending: false });

const folded = sql.ref('r.folded');
const seq = sql.ref('r.seq');

/** @param sorts for each resource type in the list its sort; a type without the attribute sorts as without a value */
export function orderOf(sorts: ReadonlyMap<string, Sort | undefined>): Order {
  const known = [...sorts].flatMap(([name, sort]) => (sort ? [{ name, ...sort }] : []));
  const [first] = known;
  if (!first) return INSERTION;
  const type = typeOf(leaf(first.field));
  const { descending } = first;
  if (sorts.size === 1) return { key: sql`(${expression(first, type)})`, type, descending };
  const cases = known.map((sort) => sql`when ${sort.name} then ${expression(sort, type)}`);
  return { key: sql`(case ${sql.ref('r.type')} ${sql.join(cases, sql` `)} end)`, type, descending };
}

/** What the rows are ordered by; before the place of a cursor, the other way round. */
export function orderBy({ key, type, descending }: Order, backward = false): RawBuilder<unknown> {
  const insertion = backward ? sql`${seq} desc` : sql`${seq}`;
  if (!key) return insertion;
  // B4.32: no value comes last ascending and first descending, which is what PostgreSQL does by itself.
  const direction = descending === backward ? sql.raw('asc') : sql.raw('desc');
  return sql`${collated(key, type)} ${direction}, ${insertion}`;
}

/** The rows beyond a place, in the direction of the cursor. */
export function beyond(order: Order, { direction, place }: Cursor): RawBuilder<SqlBool> {
  const backward = direction === 'before';
  const later = backward ? sql.raw('<') : sql.raw('>');
  const insertedLater = sql<SqlBool>`${seq} ${later} ${place.seq}::bigint`;
  const { key, type, descending } = order;
  if (!key) return insertedLater;

  // Ascending, no value comes after every value; read backward or descending, before.
  const emptyComesLast = descending === backward;
  if (place.value === null) {
    const empties = sql<SqlBool>`(${key} is null and ${insertedLater})`;
    return emptyComesLast ? empties : join([sql`${key} is not null`, empties], 'or');
  }
  const value = sql`${place.value}::${sql.raw(type)}`;
  const further = sql<SqlBool>`${collated(key, type)} ${emptyComesLast ? sql.raw('>') : sql.raw('<')} ${value}`;
  const same = sql<SqlBool>`(${collated(key, type)} = ${value} and ${insertedLater})`;
  const empties = emptyComesLast ? sql<SqlBool>`${key} is null` : FALSE;
  return join([further, same, empties], 'or');
}

/** The value by which a row is sorted, as text that `beyond` understands. */
export function placeValue({ key, type }: Order): RawBuilder<Place['value']> {
  if (!key) return sql`null::text`;
  // Text of a timestamp depends on the session's settings; this form does not.
  return type === 'timestamptz'
    ? sql`to_char(${key} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : sql`${key}::text`;
}

// B4.33: Unicode order, the same in every locale.
function collated(key: RawBuilder<unknown>, type: Type): RawBuilder<unknown> {
  return type === 'text' ? sql`${key} collate "und-x-icu"` : key;
}

function typeOf({ type, key }: Attribute): Type {
  if (type === 'integer' || type === 'decimal') return 'numeric';
  if (type === 'boolean') return 'boolean';
  return type === 'dateTime' && ['created', 'lastmodified'].includes(key) ? 'timestamptz' : 'text';
}

function expression({ field }: Sort, type: Type): RawBuilder<unknown> {
  switch (field.storage) {
    case 'id':
      return sql`${sql.ref('r.id')}::text`;
    case 'key':
      return sql.ref('r.key');
    case 'externalId':
      return sql.ref('r.external_id');
    case 'active':
      return sql.ref('r.active');
    case 'created':
      return sql.ref('r.created_at');
    case 'lastModified':
      return sql.ref('r.modified_at');
    case 'version':
      return sql`lpad(${sql.ref('r.version')}::text, 10, '0')`;
    case 'resourceType':
      return sql.ref('r.type');
    default: {
      const { attribute, sub } = field;
      const keys = [attribute.extension?.toLowerCase(), attribute.key].filter((part) => part !== undefined);
      const cast = sql.raw(type === 'text' ? '' : `::${type}`);
      if (!attribute.multiValued)
        return sql`(${folded} #>> ${[...keys, ...(sub ? [sub.key] : [])]}::text[])${cast}`;
      return sql`(${ofPrimary(keys, sub)})${cast}`;
    }
  }
}

/** B4.30: of a multi-valued attribute the primary value, else the first. */
function ofPrimary(keys: readonly string[], sub: Attribute | undefined): RawBuilder<unknown> {
  if (!sub) return sql`${folded} #>> ${[...keys, '0']}::text[]`;
  return sql`select element.value ->> ${sub.key} from jsonb_array_elements(${folded} #> ${[...keys]}::text[])
    with ordinality as element(value, n)
    order by element.value @> '{"primary": true}' desc, element.n limit 1`;
}
