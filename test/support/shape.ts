/**
 * How PostgreSQL reads a statement, from its plan: which tables of tenants it looks at and for whom. A planner that routes
 * by tenant (Citus) decides by the same: by what each table is restricted to once the conditions have been worked out.
 */
import type pg from 'pg';
import { TENANT_TABLES } from '../../src/store/guard/guardedTables.ts';
import type { Statement } from './statements.ts';

export interface Shape {
  /** Each look at a tenant table, and whose rows it is held to; null: nobody's. */
  readonly looks: readonly { readonly table: string; readonly tenant: string | null }[];
  /** Each insert into one, and for whom. */
  readonly inserts: readonly { readonly table: string; readonly tenant: string | null }[];
  /** The tables that its CTEs insert into, in order. */
  readonly insertsWithin: readonly string[];
  /** Whether the whole statement is `with recursive`. */
  readonly recursive: boolean;
  /** Tables of tenants that one part writes and a later one looks at, as `table: earlier, later`. */
  readonly crossings: readonly string[];
}

/** A node of EXPLAIN (verbose, format json). */
interface Node {
  readonly 'Node Type': string;
  readonly Operation?: string;
  readonly Schema?: string;
  readonly 'Relation Name'?: string;
  readonly 'Subplan Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Filter?: string;
  readonly Output?: readonly string[];
  readonly Plans?: readonly Node[];
}

const SCAN = /Scan$/;
const PREDICATE = /^\(?(?:[\w"]+\.)*tenant_id = '([0-9a-f-]{36})'::uuid\)?$/;

/** @throws what the database says of a statement that it cannot plan */
export async function shapeOf(client: pg.Client, statement: Statement): Promise<Shape> {
  const { rows } = await client.query(`explain (verbose, costs off, format json) ${statement.text}`, [
    ...statement.values,
  ]);
  const plan = rows[0]['QUERY PLAN'][0].Plan as Node;
  const parts = partsOf(plan);
  return {
    looks: [...nodes(plan)].filter(isLook).map((node) => ({ table: tableOf(node), tenant: heldTo(node) })),
    inserts: [...nodes(plan)]
      .filter(isInsert)
      .map((node) => ({ table: tableOf(node), tenant: insertedFor(node, statement) })),
    insertsWithin: parts
      .slice(0, -1)
      .flatMap(({ own }) => own.filter((node) => node.Operation === 'Insert').map(tableOf)),
    recursive: /^with recursive\b/i.test(statement.text),
    crossings: crossingsOf(parts),
  };
}

function* nodes(node: Node): Generator<Node> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodes(child);
}

/** The table without the day of a partition. */
const tableOf = (node: Node): string => (node['Relation Name'] ?? '').replace(/^(exchanges)_\d{8}$/, '$1');
const isTenantTable = (node: Node): boolean =>
  node.Schema === 'rollcall_data' && TENANT_TABLES.has(tableOf(node));
const isLook = (node: Node): boolean => SCAN.test(node['Node Type']) && isTenantTable(node);
const isInsert = (node: Node): boolean => node.Operation === 'Insert' && isTenantTable(node);

function heldTo(node: Node): string | null {
  for (const condition of [node['Index Cond'], node['Recheck Cond'], node.Filter])
    for (const term of conjuncts(condition ?? '')) {
      const tenant = PREDICATE.exec(term)?.[1];
      if (tenant !== undefined) return tenant;
    }
  return node['Node Type'] === 'Bitmap Heap Scan' ? heldByIndexes(node) : null;
}

/** Rows that are found by several indexes: each of them has to be asked for the tenant, and for the same. */
function heldByIndexes({ Plans = [] }: Node): string | null {
  const indexes = Plans.flatMap((plan) => (plan['Node Type'] === 'BitmapOr' ? (plan.Plans ?? []) : [plan]));
  const tenants = new Set(indexes.map(heldTo));
  const [tenant = null] = tenants;
  return tenants.size === 1 ? tenant : null;
}

/** What is AND-ed in `((a) AND (b))`; the whole where it is something else. */
export function conjuncts(condition: string): readonly string[] {
  const terms = split(inner(condition), ' AND ');
  return terms.length === 1 ? terms : terms.flatMap(conjuncts);
}

/** Without parentheses around all of it. */
function inner(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed;
  let depth = 0;
  let quoted = false;
  for (const [at, letter] of [...trimmed].entries()) {
    if (letter === "'") quoted = !quoted;
    if (quoted) continue;
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth === 0 && at < trimmed.length - 1) return trimmed;
  }
  return inner(trimmed.slice(1, -1));
}

/** At a separator that is in no parentheses and no quotes. */
function split(text: string, separator: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "'") quoted = !quoted;
    if (quoted) continue;
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth === 0 && text.startsWith(separator, at)) {
      found.push(text.slice(from, at));
      from = at + separator.length;
    }
  }
  return [...found, text.slice(from)];
}

/** tenant_id is the first column of every tenant table, so the first of what is put in. */
function insertedFor(node: Node, statement: Statement): string | null {
  const source = node.Plans?.find((child) => child['Subplan Name'] === undefined);
  return source === undefined ? null : firstOf(source, tableOf(node), statement);
}

function firstOf(node: Node, table: string, statement: Statement): string | null {
  const [first = ''] = node.Output ?? [];
  const tenant = /^'([0-9a-f-]{36})'::uuid$/.exec(first)?.[1];
  if (tenant !== undefined) return tenant;
  if (node['Node Type'] === 'Values Scan') return fromValues(table, statement);
  const sources = (node.Plans ?? []).filter((child) => child['Subplan Name'] === undefined);
  // A column that is passed on, or the branches of a union, which agree or not.
  if (sources.length === 0 || !(node['Node Type'] === 'Append' || COLUMN.test(first))) return null;
  const given = new Set(sources.map((source) => firstOf(source, table, statement)));
  return given.size === 1 ? ([...given][0] ?? null) : null;
}

const COLUMN = /^\(?(?:"[^"]+"|\w+)\.(?:"[^"]+"|\w+)\)?$|^\('[0-9a-f-]{36}'::uuid\)$/;

/** Rows of VALUES are not in a plan; in the text, each begins with the parameter that is the tenant. */
function fromValues(table: string, { text, values }: Statement): string | null {
  const [, list] =
    new RegExp(`"${table}" \\("tenant_id"[^)]*\\) values (.*?)(?: on conflict| returning|$)`).exec(text) ??
    [];
  const given = split(list ?? '', ', ').map((row) => {
    const at = /^\(\$(\d+),/.exec(row)?.[1];
    return at === undefined ? null : values[Number(at) - 1];
  });
  const [first] = given;
  return typeof first === 'string' && given.every((one) => one === first) ? first : null;
}

interface Part {
  readonly name: string;
  readonly own: readonly Node[];
}

/** The CTEs of a statement that PostgreSQL carries out for themselves, in order, and last the rest of it. */
function partsOf(plan: Node): readonly Part[] {
  const isCte = (node: Node): boolean => node['Subplan Name']?.startsWith('CTE ') === true;
  const parts: Part[] = [];
  const collect = (node: Node): readonly Node[] => {
    const own: Node[] = [node];
    for (const child of node.Plans ?? []) {
      const below = collect(child);
      if (isCte(child)) parts.push({ name: child['Subplan Name']?.slice(4) ?? '', own: below });
      else own.push(...below);
    }
    return own;
  };
  const rest = collect(plan);
  return [...parts, { name: 'the rest', own: rest }];
}

function crossingsOf(parts: readonly Part[]): readonly string[] {
  const found = new Set<string>();
  for (const [at, later] of parts.entries())
    for (const look of later.own.filter(isLook))
      for (const earlier of parts.slice(0, at))
        if (
          earlier.own.some(
            (node) =>
              node.Operation !== undefined &&
              node['Relation Name'] !== undefined &&
              isTenantTable(node) &&
              tableOf(node) === tableOf(look),
          )
        )
          found.add(`${tableOf(look)}: ${earlier.name}, ${later.name}`);
  return [...found].sort();
}
