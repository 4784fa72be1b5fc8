import type {
  AndNode,
  BinaryOperationNode,
  CastNode,
  DataTypeNode,
  OperationNode,
  OperatorNode,
  ParensNode,
  RawNode,
  ReferenceNode,
  TableNode,
  ValueNode,
} from 'kysely';
import { CONTROL_TABLES, SCHEMA, TENANT_TABLES } from './guardedTables.ts';
import type { Slot } from './slot.ts';
import { TenantGuardError } from './tenantGuardError.ts';

/** Whose rows may be reached: a tenant's by its id, those of whoever is put into a slot, or nobody's. */
export type Tenant = string | Slot | null;

export function tenantName(tenant: Tenant): string {
  return typeof tenant === 'object' && tenant !== null ? `the slot of the ${tenant.name}` : String(tenant);
}

/** Names of the CTEs that can be seen, nearest first. */
export interface Ctes {
  readonly name: string;
  readonly outer: Ctes | undefined;
}

/** One table expression of a query block. */
interface Source {
  /** The alias, or the table's own name; empty for raw aliases, which no tenant table has. */
  readonly name: string;
  /** Whether it may be referred to with its schema. */
  readonly unaliased: boolean;
  readonly tenantTable: boolean;
  /** A left join's right side: only that join's ON can hold it without making it an inner join. */
  readonly nullable: boolean;
  held: boolean;
}

/**
 * The tables of one query block and which of them a condition ties to the tenant: `alias.tenant_id = value`,
 * AND-ed at the top of the WHERE, or of the ON that is about that table.
 */
export class Sources {
  readonly #tenant: Tenant;
  readonly #all: Source[] = [];

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** Adds a table expression that is no table: a subquery, a function, raw SQL. */
  addOther(name: string): void {
    this.#add({ name, unaliased: false, tenantTable: false, nullable: false, held: true });
  }

  /** Adds a table, or the CTE of that name. Refuses tables that the guard does not know. */
  addTable(node: TableNode, alias: string | undefined, ctes: Ctes | undefined, nullable: boolean): void {
    const tenantTable = isTenantTable(node, ctes);
    if (tenantTable && this.#tenant === null)
      throw new TenantGuardError(
        `${nameOf(node)} belongs to tenants, and this handle is for none. Use forTenant(id).`,
      );
    const name = alias ?? node.table.identifier.name;
    this.#add({ name, unaliased: alias === undefined, tenantTable, nullable, held: !tenantTable });
  }

  /** Right and full joins keep rows that no condition has held, so tenant tables do not take part in them. */
  refuseTenantTables(why: string): void {
    const source = this.#all.find(({ tenantTable }) => tenantTable);
    if (source !== undefined) throw new TenantGuardError(`${source.name}: ${why}`);
  }

  /** Takes the conditions of a WHERE or of an inner join's ON, which hold for the whole block. */
  where(condition: OperationNode): void {
    this.#hold(condition, undefined);
  }

  /** Takes the conditions of the ON of the left join that was added last, which hold for its right side. */
  leftJoinOn(condition: OperationNode): void {
    this.#hold(condition, this.#all.at(-1));
  }

  /** @throws TenantGuardError when a tenant table has no predicate */
  assertHeld(): void {
    for (const { held, name } of this.#all)
      if (!held)
        throw new TenantGuardError(
          `${name} needs ${name}.tenant_id = ${tenantName(this.#tenant)}, AND-ed in the WHERE or, for a left join, in its ON`,
        );
  }

  #add(source: Source): void {
    // The server refuses this as well; here two of one name would share a predicate.
    if (source.name !== '' && this.#all.some(({ name }) => name === source.name))
      throw new TenantGuardError(`${source.name} is in one FROM twice. Give each its own alias.`);
    this.#all.push(source);
  }

  #hold(node: OperationNode, only: Source | undefined): void {
    if (node.kind === 'AndNode') {
      const { left, right } = node as AndNode;
      this.#hold(left, only);
      this.#hold(right, only);
    } else if (node.kind === 'ParensNode') {
      this.#hold((node as ParensNode).node, only);
    } else if (node.kind === 'BinaryOperationNode') {
      const source = this.#predicateOn(node as BinaryOperationNode);
      if (source !== undefined && (only === undefined ? !source.nullable : source === only))
        source.held = true;
    }
  }

  #predicateOn({ leftOperand, operator, rightOperand }: BinaryOperationNode): Source | undefined {
    if (leftOperand.kind !== 'ReferenceNode' || operator.kind !== 'OperatorNode') return undefined;
    if ((operator as OperatorNode).operator !== '=') return undefined;
    const { column, table } = leftOperand as ReferenceNode;
    if (column.kind !== 'ColumnNode' || column.column.name !== 'tenant_id') return undefined;
    if (!isTenantValue(rightOperand, this.#tenant)) return undefined;
    if (table === undefined) return this.#all.length === 1 ? this.#all[0] : undefined;
    const { schema, identifier } = table.table;
    return this.#all.find(
      ({ name, unaliased }) =>
        name === identifier.name && (schema === undefined || (unaliased && schema.name === SCHEMA)),
    );
  }
}

/** Whether the node is exactly the tenant's id: a parameter, or one cast to uuid. */
export function isTenantValue(node: OperationNode, tenant: Tenant): boolean {
  if (tenant === null) return false;
  if (node.kind === 'ValueNode') return (node as ValueNode).value === tenant;
  if (node.kind === 'CastNode') {
    const { expression, dataType } = node as CastNode;
    return (dataType as DataTypeNode).dataType === 'uuid' && isTenantValue(expression, tenant);
  }
  if (node.kind !== 'RawNode') return false;
  const { sqlFragments, parameters } = node as RawNode;
  const [value] = parameters;
  const cast = sqlFragments.length === 2 && sqlFragments[0] === '' && sqlFragments[1] === '::uuid';
  return cast && parameters.length === 1 && value !== undefined && isTenantValue(value, tenant);
}

/** Whether a table belongs to tenants. @throws TenantGuardError for a table that the guard does not know */
export function isTenantTable(node: TableNode, ctes: Ctes | undefined): boolean {
  const { schema, identifier } = node.table;
  const { name } = identifier;
  if (schema === undefined) {
    for (let cte = ctes; cte !== undefined; cte = cte.outer) if (cte.name === name) return false;
  } else if (schema.name === SCHEMA) {
    if (TENANT_TABLES.has(name)) return true;
    if (CONTROL_TABLES.has(name)) return false;
  }
  throw new TenantGuardError(
    `${nameOf(node)} is no table that the guard knows. Tables are written ${SCHEMA}.name.`,
  );
}

function nameOf({ table: { schema, identifier } }: TableNode): string {
  return schema === undefined ? identifier.name : `${schema.name}.${identifier.name}`;
}
