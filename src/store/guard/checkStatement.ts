import type {
  AliasNode,
  ColumnNode,
  ColumnUpdateNode,
  CommonTableExpressionNode,
  DeleteQueryNode,
  HavingNode,
  IdentifierNode,
  InsertQueryNode,
  JoinNode,
  OnConflictNode,
  OperationNode,
  OrNode,
  ParensNode,
  RawNode,
  ReferenceNode,
  SelectQueryNode,
  TableNode,
  UpdateQueryNode,
  ValuesNode,
  WhereNode,
  WithNode,
} from 'kysely';
import { isPlain } from './plainNodes.ts';
import { checkRawText, isForbiddenName, PLACEHOLDER } from './rawText.ts';
import { type Ctes, isTenantTable, isTenantValue, Sources, type Tenant, tenantName } from './sources.ts';
import { TenantGuardError } from './tenantGuardError.ts';

/** Where the walk is: for whom, which CTEs are in sight, and whether raw SQL is around the node. */
interface Place {
  readonly tenant: Tenant;
  readonly ctes: Ctes | undefined;
  readonly inRaw: boolean;
}

/** The parts of a query block that are read one by one. */
const READ_APART: ReadonlySet<string> = new Set(
  'kind with from using joins where into columns values onConflict table updates defaultValues'.split(' '),
);
/** The parts that are expressions. A part in neither list (TOP, OUTPUT, FETCH …) is refused. */
const EXPRESSIONS: ReadonlySet<string> = new Set(
  'selections distinctOn groupBy having orderBy limit offset returning frontModifiers endModifiers setOperations explain'.split(
    ' ',
  ),
);

/**
 * Refuses a statement that could reach another tenant's rows: every tenant table of every query block needs
 * its predicate, every inserted row its tenant_id, and whatever this reader does not know is refused.
 *
 * @param tenant whose rows may be reached; null for nobody's
 * @throws TenantGuardError
 */
export function checkStatement(node: OperationNode, tenant: Tenant): void {
  const place: Place = { tenant, ctes: undefined, inRaw: false };
  if (node.kind === 'RawNode') checkRaw(node as RawNode, place, 'statement');
  else checkQuery(node, place);
}

function checkQuery(node: OperationNode, place: Place): void {
  switch (node.kind) {
    case 'SelectQueryNode':
      return checkSelect(node as SelectQueryNode, place);
    case 'InsertQueryNode':
      return checkInsert(node as InsertQueryNode, place);
    case 'UpdateQueryNode':
    case 'DeleteQueryNode':
      return checkChange(node as UpdateQueryNode | DeleteQueryNode, place);
    default:
      return refuse(`${node.kind} is no query that the guard can read. Use the pool for utility statements.`);
  }
}

function checkSelect(node: SelectQueryNode, outer: Place): void {
  const place = placeWithin(node.with, outer);
  const sources = new Sources(place.tenant);
  if (node.from !== undefined) for (const source of node.from.froms) addSource(source, sources, place, false);
  checkConditions(node, sources, place);
}

function checkChange(node: UpdateQueryNode | DeleteQueryNode, outer: Place): void {
  const place = placeWithin(node.with, outer);
  const sources = new Sources(place.tenant);
  if (node.kind === 'UpdateQueryNode') {
    addTarget(node.table, sources);
    if (node.from !== undefined)
      for (const source of node.from.froms) addSource(source, sources, place, false);
    checkUpdates(node.updates, place);
  } else {
    if (node.from.froms.length !== 1) refuse('A delete has one target.');
    addTarget(node.from.froms[0], sources);
    if (node.using !== undefined)
      for (const source of node.using.tables) addSource(source, sources, place, false);
  }
  if (node.endModifiers !== undefined && node.endModifiers.length > 0)
    refuse('Raw text after a condition goes on with it.');
  checkConditions(node, sources, place);
}

function checkInsert(node: InsertQueryNode, outer: Place): void {
  const place = placeWithin(node.with, outer);
  const { columns, values, onConflict } = node;
  const into = addTarget(node.into, new Sources(place.tenant));
  if (isTenantTable(into, undefined)) {
    const index = columns === undefined ? -1 : columns.findIndex(({ column }) => column.name === 'tenant_id');
    if (index < 0 || values === undefined || !givesTenant(values, index, place.tenant))
      refuse(
        `Every row inserted into ${into.table.identifier.name} must give tenant_id = ${tenantName(place.tenant)}.`,
      );
  }
  if (values !== undefined) {
    if (values.kind === 'ValuesNode') for (const row of (values as ValuesNode).values) visit(row, place);
    else visit(values, place);
  }
  if (onConflict !== undefined) checkOnConflict(onConflict, place);
  if (node.endModifiers !== undefined && node.endModifiers.length > 0)
    refuse('Raw text after a condition goes on with it.');
  checkExpressions(node, place);
}

/** Joins, WHERE and everything else of a block, once its FROM is known. */
function checkConditions(
  node: SelectQueryNode | UpdateQueryNode | DeleteQueryNode,
  sources: Sources,
  place: Place,
): void {
  if (node.joins !== undefined) for (const join of node.joins) addJoin(join, sources, place);
  if (node.where !== undefined) {
    sources.where(node.where.where);
    visitCondition(node.where.where, place);
  }
  sources.assertHeld();
  checkExpressions(node, place);
}

function checkExpressions(block: OperationNode, place: Place): void {
  for (const part in block) {
    if (READ_APART.has(part)) continue;
    const value = (block as unknown as Record<string, unknown>)[part];
    if (value === undefined || value === false) continue;
    if (!EXPRESSIONS.has(part)) refuse(`${part} of a ${block.kind} is unknown to the guard.`);
    visitAny(value, place);
  }
}

/** The CTEs of a block, each checked with what it can see; the place of the block that sees them all. */
function placeWithin(node: WithNode | undefined, outer: Place): Place {
  if (node === undefined) return outer.inRaw ? { ...outer, inRaw: false } : outer;
  let { ctes } = outer;
  if (node.recursive === true)
    for (const cte of node.expressions) ctes = { name: nameOfCte(cte), outer: ctes };
  for (const cte of node.expressions) {
    const place = { tenant: outer.tenant, ctes, inRaw: false };
    if (cte.expression.kind === 'RawNode') visit(cte.expression, place);
    else checkQuery(cte.expression, place);
    if (node.recursive !== true) ctes = { name: nameOfCte(cte), outer: ctes };
  }
  return { tenant: outer.tenant, ctes, inRaw: false };
}

function nameOfCte({ name }: CommonTableExpressionNode): string {
  return name.table.table.identifier.name;
}

/** The table that a statement changes. A CTE cannot be one, so its name says nothing here. */
function addTarget(node: OperationNode | undefined, sources: Sources): TableNode {
  const { table, alias } = unaliased(node ?? refuse('A change without a table.'));
  if (table.kind !== 'TableNode') return refuse(`${table.kind} cannot be changed.`);
  sources.addTable(table as TableNode, alias, undefined, false);
  return table as TableNode;
}

function addSource(node: OperationNode, sources: Sources, place: Place, nullable: boolean): void {
  if (node.kind === 'AliasNode' && (node as AliasNode).alias.kind !== 'IdentifierNode') {
    // A raw alias may rename columns, so that tenant_id is another one: not for tables.
    if ((node as AliasNode).node.kind === 'TableNode') refuse('A table needs a plain alias.');
    visit((node as AliasNode).alias, place);
  }
  const { table, alias } = unaliased(node);
  const inner = table.kind === 'ParensNode' ? (table as ParensNode).node : table;
  if (table.kind === 'TableNode') return sources.addTable(table as TableNode, alias, place.ctes, nullable);
  if (inner.kind !== 'SelectQueryNode' && table.kind !== 'RawNode' && table.kind !== 'FunctionNode')
    refuse(`${table.kind} is no source that the guard knows.`);
  visit(table, place);
  sources.addOther(alias ?? '');
}

function unaliased(node: OperationNode): {
  readonly table: OperationNode;
  readonly alias: string | undefined;
} {
  if (node.kind !== 'AliasNode') return { table: node, alias: undefined };
  const { node: table, alias } = node as AliasNode;
  return { table, alias: alias.kind === 'IdentifierNode' ? (alias as IdentifierNode).name : '' };
}

function addJoin({ joinType, table, on }: JoinNode, sources: Sources, place: Place): void {
  const left = joinType === 'LeftJoin' || joinType === 'LateralLeftJoin';
  addSource(table, sources, place, left);
  switch (joinType) {
    case 'InnerJoin':
    case 'LateralInnerJoin':
    case 'CrossJoin':
    case 'LateralCrossJoin':
      if (on !== undefined) sources.where(on.on);
      break;
    case 'LeftJoin':
    case 'LateralLeftJoin':
      if (on !== undefined) sources.leftJoinOn(on.on);
      break;
    case 'RightJoin':
    case 'FullJoin':
      sources.refuseTenantTables(
        `a ${joinType} keeps rows that no condition holds. Turn it into a left join.`,
      );
      break;
    default:
      refuse(`${joinType} is unknown to the guard.`);
  }
  if (on !== undefined) visitCondition(on.on, place);
}

function checkUpdates(updates: readonly ColumnUpdateNode[] | undefined, place: Place): void {
  for (const { column, value } of updates ?? []) {
    const target = column.kind === 'ReferenceNode' ? (column as ReferenceNode).column : column;
    if (target.kind !== 'ColumnNode' || (target as ColumnNode).column.name === 'tenant_id')
      refuse('An update sets plain columns, and never tenant_id.');
    visit(value, place);
  }
}

function checkOnConflict(node: OnConflictNode, place: Place): void {
  const { updates, indexExpression, indexWhere, updateWhere } = node;
  checkUpdates(updates, place);
  if (indexExpression !== undefined) visit(indexExpression, place);
  if (indexWhere !== undefined) visit(indexWhere, place);
  if (updateWhere !== undefined) visit(updateWhere, place);
}

/** Whether every row has the tenant's id at that position. */
function givesTenant(values: OperationNode, index: number, tenant: Tenant): boolean {
  if (values.kind === 'ValuesNode')
    return (values as ValuesNode).values.every((row) => {
      if (row.kind === 'PrimitiveValueListNode') return row.values[index] === tenant;
      const value = row.values[index];
      return value !== undefined && isTenantValue(value, tenant);
    });
  if (values.kind === 'ParensNode') return givesTenant((values as ParensNode).node, index, tenant);
  if (values.kind !== 'SelectQueryNode') return false;
  const { selections = [], setOperations = [] } = values as SelectQueryNode;
  const columns = selections.slice(0, index + 1).map(({ selection }) => unaliased(selection).table);
  // Before it, whatever may stand for several columns would move it to another one.
  const moved = columns.slice(0, -1).some((node) => node.kind === 'RawNode' || isStar(node));
  const value = columns[index];
  return (
    !moved &&
    value !== undefined &&
    isTenantValue(value, tenant) &&
    setOperations.every(({ expression }) => givesTenant(expression, index, tenant))
  );
}

function isStar(node: OperationNode): boolean {
  return (
    node.kind === 'SelectAllNode' ||
    (node.kind === 'ReferenceNode' && (node as ReferenceNode).column.kind === 'SelectAllNode')
  );
}

function checkRaw(node: RawNode, place: Place, is: 'statement' | 'fragment'): void {
  checkRawText(textOf(node, place.inRaw ? place : { ...place, inRaw: true }), is);
}

/** The node as text, with PLACEHOLDER for what is no text, which is visited. */
function textOf({ sqlFragments, parameters }: RawNode, place: Place): string {
  let text = '';
  for (const [index, fragment] of sqlFragments.entries()) {
    text += fragment;
    const parameter = parameters[index];
    if (parameter === undefined) continue;
    if (parameter.kind === 'RawNode') text += textOf(parameter as RawNode, place);
    else {
      visit(parameter, place);
      text += PLACEHOLDER;
    }
  }
  return text;
}

function visit(node: OperationNode, place: Place): void {
  switch (node.kind) {
    case 'SelectQueryNode':
      return checkSelect(node as SelectQueryNode, place);
    case 'RawNode':
      return checkRaw(node as RawNode, place, 'fragment');
    case 'ReferenceNode':
    case 'ColumnNode':
    case 'TableNode':
    case 'SchemableIdentifierNode':
      // Outside raw SQL these name what a FROM has brought in; inside they may be the FROM.
      if (place.inRaw) visitChildren(node, place);
      return;
    case 'IdentifierNode':
      if (place.inRaw && isForbiddenName((node as IdentifierNode).name))
        refuse(
          `Raw SQL holds the name ${(node as IdentifierNode).name}. Use another alias, or the query builder.`,
        );
      return;
    case 'ParensNode':
      return visitCondition((node as ParensNode).node, place);
    case 'WhereNode':
      return visitCondition((node as WhereNode).where, place);
    case 'HavingNode':
      return visitCondition((node as HavingNode).having, place);
    default:
      // An OR without parentheses is not plain either: it would take in the AND beside it.
      if (!isPlain(node)) refuse(`A ${node.kind} of this form is unknown to the guard.`);
      if (node.kind !== 'ValueNode' && node.kind !== 'PrimitiveValueListNode') visitChildren(node, place);
  }
}

/** A condition that stands alone, where an OR needs no parentheses. */
function visitCondition(node: OperationNode, place: Place): void {
  if (node.kind !== 'OrNode') return visit(node, place);
  visitCondition((node as OrNode).left, place);
  visitCondition((node as OrNode).right, place);
}

function visitChildren(node: OperationNode, place: Place): void {
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (typeof value === 'object' && value !== null) visitAny(value, place);
  }
}

function visitAny(value: unknown, place: Place): void {
  if (Array.isArray(value)) for (const item of value) visit(item as OperationNode, place);
  else visit(value as OperationNode, place);
}

function refuse(why: string): never {
  throw new TenantGuardError(why);
}
