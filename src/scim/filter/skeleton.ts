/**
 * A filter's skeleton: the same sentence with a placeholder for each name and each literal. Only skeletons are
 * given to scim2-parse-filter, whose treatment of raw names and literals is not safe (docs/decisions/0001).
 */
import type { Leniency } from '../tolerance.ts';
import { GrammarError, type Limits, type Token } from './scan.ts';

export type Literal = string | number | boolean | null;

export interface Skeleton {
  /** E.g. `p0 eq "#0" and p1[( p2 pr )]`. */
  readonly text: string;
  /** What `p<n>` stands for. */
  readonly paths: readonly string[];
  /** What `"#<n>"` stands for. */
  readonly literals: readonly Literal[];
}

const COMPARE_OPERATORS = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const KEYWORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Walks the tokens in the order of the grammar and lifts names and literals out.
 * @throws GrammarError where the order is broken
 */
export function liftSkeleton(tokens: readonly Token[], leniency: Leniency, limits: Limits): Skeleton {
  const out: string[] = [];
  const paths: string[] = [];
  const literals: Literal[] = [];
  const open: string[] = [];
  let at = 0;

  const next = (): Token | undefined => tokens[at];
  const touching = (token: Token): Token | undefined =>
    tokens[at]?.start === token.end ? tokens[at] : undefined;

  function name(text: string): string {
    if (paths.length === limits.terms) throw new GrammarError(`it has more than ${limits.terms} terms`);
    return `p${paths.push(text) - 1}`;
  }

  function condition(attribute: string): void {
    const operator = next();
    if (operator?.kind !== 'word') throw new GrammarError(`an operator is missing ${place(operator)}`);
    at += 1;
    const spelling = operator.text.toLowerCase();
    if (spelling === 'pr') {
      out.push(name(attribute), 'pr');
      return;
    }
    if (!COMPARE_OPERATORS.has(spelling))
      throw new GrammarError(
        `the operator ${place(operator)} is none of ${[...COMPARE_OPERATORS, 'pr'].join(', ')}`,
      );
    const value = literal(next(), leniency);
    at += 1;
    out.push(name(attribute), spelling, `"#${literals.push(value) - 1}"`);
  }

  /** @returns whether a condition is complete, so that a connective or a closing must follow */
  function operand(token: Token): boolean {
    if (token.kind === '(') {
      open.push('(');
      out.push('(');
      return false;
    }
    if (token.kind !== 'word') throw new GrammarError(`an attribute name is missing ${place(token)}`);
    if (token.text.toLowerCase() === 'not' && next()?.kind === '(') {
      out.push('not');
      return false;
    }
    if (touching(token)?.kind === '[') {
      if (open.includes('[')) throw new GrammarError('a filter in brackets holds another one');
      at += 1;
      open.push('[');
      out.push(`${name(token.text)}[(`);
      return false;
    }
    condition(token.text);
    return true;
  }

  function closing(token: Token): void {
    if (open.pop() !== (token.kind === ')' ? '(' : '['))
      throw new GrammarError(`${token.text} closes nothing`);
    const suffix = token.kind === ']' ? touching(token) : undefined;
    if (suffix?.kind === 'word' && suffix.text.startsWith('.')) {
      // Both conditions are about one element (quirk 37), so the second moves inside the brackets.
      if (!leniency.use('value-path-suffix'))
        throw new GrammarError(`nothing can follow the bracket ${place(suffix)}`);
      at += 1;
      out.push(') and');
      condition(suffix.text.slice(1));
      out.push(']');
    } else {
      out.push(token.kind === ')' ? ')' : ')]');
    }
  }

  let complete = false;
  for (let token = next(); token; token = next()) {
    at += 1;
    if (!complete) {
      complete = operand(token);
    } else if (token.kind === ')' || token.kind === ']') {
      closing(token);
    } else if (token.kind === 'word' && /^(?:and|or)$/i.test(token.text)) {
      out.push(token.text.toLowerCase());
      complete = false;
    } else {
      throw new GrammarError(`\`and\` or \`or\` is missing ${place(token)}`);
    }
  }
  if (!complete) throw new GrammarError('it ends where a condition is expected');
  if (open.length > 0) throw new GrammarError(`${open.at(-1)} is not closed`);
  return { text: out.join(' '), paths, literals };
}

// Where, not what: a misplaced word can be a value, and values are not repeated (B15.04).
function place(token: Token | undefined): string {
  return token ? `at character ${token.start + 1}` : 'at the end';
}

function literal(token: Token | undefined, leniency: Leniency): Literal {
  if (token?.kind === 'string') return token.value;
  if (token?.kind !== 'word') throw new GrammarError(`a value to compare with is missing ${place(token)}`);
  const keyword = KEYWORDS.get(token.text);
  if (keyword !== undefined) return keyword;
  if (NUMBER.test(token.text)) return Number(token.text);
  // Single quotes are not accepted: 'x' is a mistake that must not be taken for a name with quotes (D5).
  if (!token.text.includes("'") && leniency.use('unquoted-value')) return token.text;
  throw new GrammarError(`the value needs double quotes ${place(token)}`);
}
