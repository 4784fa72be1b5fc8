import type {
  AggregateFunctionNode,
  BinaryOperationNode,
  DataTypeNode,
  ExplainNode,
  FunctionNode,
  OperationNode,
  OperationNodeKind,
  OperatorNode,
  OrderByItemNode,
  SelectModifierNode,
  SetOperationNode,
  UnaryOperationNode,
} from 'kysely';
import { FUNCTIONS } from './guardedTables.ts';
import { isForbiddenName } from './rawText.ts';

/** Nodes that print their children between words of their own, and so cannot name a table themselves. */
const PLAIN: ReadonlySet<OperationNodeKind> = new Set([
  'AggregateFunctionNode',
  'AliasNode',
  'AndNode',
  'BinaryOperationNode',
  'CaseNode',
  'CastNode',
  'CollateNode',
  'DataTypeNode',
  'DefaultInsertValueNode',
  'ExplainNode',
  'FunctionNode',
  'GroupByItemNode',
  'GroupByNode',
  'JSONOperatorChainNode',
  'JSONPathLegNode',
  'JSONPathNode',
  'JSONReferenceNode',
  'LimitNode',
  'OffsetNode',
  'OperatorNode',
  'OrderByItemNode',
  'OrderByNode',
  'OverNode',
  'PartitionByItemNode',
  'PartitionByNode',
  'PrimitiveValueListNode',
  'ReturningNode',
  'SelectAllNode',
  'SelectModifierNode',
  'SelectionNode',
  'SetOperationNode',
  'TupleNode',
  'UnaryOperationNode',
  'ValueListNode',
  'ValueNode',
  'WhenNode',
]);

const OPERATORS: ReadonlySet<string> = new Set([
  ...'= != <> > >= < <= @> <@ ^@ && ? ?& ?| !~ ~ ~* !~* @@ @@@ + - * / % ^ & | # << >> || -> ->>'.split(' '),
  ...'in,not in,is,is not,like,not like,ilike,not ilike,exists,not exists,not,between'.split(','),
  ...'between symmetric,is distinct from,is not distinct from'.split(','),
]);
const DATA_TYPE = /^[a-z][a-z\d ]*(?:\(\d+(?:, ?\d+)?\))?(?:\[\])*$/i;
const SET_OPERATORS: ReadonlySet<string> = new Set(['union', 'intersect', 'except']);

/**
 * Whether the node is one whose own words are harmless, so that only its children need to be looked at.
 * Types do not bind a node that was made by hand, hence the look at every word that is printed as it is.
 */
export function isPlain(node: OperationNode): boolean {
  switch (node.kind) {
    case 'OperatorNode':
      return OPERATORS.has((node as OperatorNode).operator);
    case 'FunctionNode':
      return isFunctionName((node as FunctionNode).func);
    case 'AggregateFunctionNode':
      return isFunctionName((node as AggregateFunctionNode).func);
    case 'DataTypeNode':
      return DATA_TYPE.test((node as DataTypeNode).dataType);
    case 'SetOperationNode':
      return SET_OPERATORS.has((node as SetOperationNode).operator);
    case 'ExplainNode':
      return /^[a-z]*$/.test((node as ExplainNode).format ?? '');
    case 'OrderByItemNode': {
      const { nulls } = node as OrderByItemNode;
      return nulls === undefined || nulls === 'first' || nulls === 'last';
    }
    case 'SelectModifierNode':
      // Raw text right after a condition goes on with it: `… = $1` + `is not null` is true for every row.
      return (node as SelectModifierNode).rawModifier === undefined;
    case 'BinaryOperationNode':
      return isWholeBetween(node as BinaryOperationNode);
    case 'UnaryOperationNode': {
      const { operator, operand } = node as UnaryOperationNode;
      // A minus is printed without a space, and two of them begin a comment.
      return (
        (operator as OperatorNode).operator !== '-' ||
        operand.kind === 'ReferenceNode' ||
        operand.kind === 'ParensNode'
      );
    }
    default:
      return PLAIN.has(node.kind);
  }
}

/** A BETWEEN without its own AND takes the next condition for its upper bound. */
function isWholeBetween({ operator, rightOperand }: BinaryOperationNode): boolean {
  const isBetween =
    operator.kind === 'OperatorNode' && (operator as OperatorNode).operator.startsWith('between');
  return !isBetween || rightOperand.kind === 'AndNode';
}

function isFunctionName(name: string): boolean {
  if (FUNCTIONS.has(name)) return true;
  const [first = '', last = first, ...more] = name.split('.');
  return (
    more.length === 0 &&
    /^\w+$/.test(first) &&
    /^\w+$/.test(last) &&
    !isForbiddenName(first) &&
    !isForbiddenName(last)
  );
}
