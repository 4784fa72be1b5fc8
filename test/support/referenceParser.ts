/**
 * A second reading of the filter grammar, written from the ABNF alone: recursive descent on characters, one function
 * for each rule. What the scanner and the grammar library make of a text is held against it.
 *
 *     filter    = andExp *(SP "or" SP andExp)
 *     andExp    = unary *(SP "and" SP unary)
 *     unary     = ["not" *SP] "(" *SP filter *SP ")" / valuePath / attrExp
 *     valuePath = attrPath "[" *SP filter *SP "]"      ; one level
 *     attrExp   = attrPath SP "pr" / attrPath SP compareOp SP compValue
 *
 * SP may be missing where a quote, parenthesis or bracket parts two words anyway.
 */
import type { CompareOperator, Filter } from '../../src/scim/filter/parse.ts';

export class NotInGrammar extends Error {}

type Literal = string | number | boolean | null;

const SPACES = /[ \t]*/y;
const NAME = /(?:[a-z][a-z0-9:.-]*:)?\$?[a-z][$\-_a-z0-9]*(?:\.\$?[a-z][$\-_a-z0-9]*)?/iy;
const WORD = /[a-z]+/iy;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*"/iy;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?/iy;
const LITERAL = /true|false|null/y;
const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);

/** @throws NotInGrammar */
export function parseByGrammar(text: string): Filter {
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    at += found.length;
    return found;
  }
  function fail(wanted: string): never {
    throw new NotInGrammar(`${wanted} expected at ${at}`);
  }
  function expect(character: string): void {
    if (text[at] !== character) fail(character);
    at += 1;
  }
  const spaces = (): string => take(SPACES) ?? '';
  const endsWord = (): boolean => at === text.length || ' \t()[]"'.includes(text[at] as string);

  /** A connective and the spaces around it, or nothing taken. */
  function connective(word: string): boolean {
    const start = at;
    const before = spaces();
    const parted = before !== '' || ')]"'.includes(text[start - 1] ?? '');
    if (parted && take(WORD)?.toLowerCase() === word && endsWord()) {
      spaces();
      return true;
    }
    at = start;
    return false;
  }

  function series(kind: 'and' | 'or', term: () => Filter): Filter {
    const terms = [term()];
    while (connective(kind)) terms.push(term());
    return terms.length === 1 ? (terms[0] as Filter) : { kind, terms };
  }
  const filter = (inBrackets: boolean): Filter => series('or', () => series('and', () => unary(inBrackets)));

  function group(inBrackets: boolean): Filter {
    expect('(');
    spaces();
    const inner = filter(inBrackets);
    spaces();
    expect(')');
    return inner;
  }

  function unary(inBrackets: boolean): Filter {
    if (text[at] === '(') return group(inBrackets);
    const start = at;
    if (take(WORD)?.toLowerCase() === 'not' && endsWord()) {
      spaces();
      if (text[at] === '(') return { kind: 'not', term: group(inBrackets) };
    }
    at = start;
    const path = take(NAME) ?? fail('a name');
    if (!inBrackets && text[at] === '[') return valuePath(path);
    return condition(path);
  }

  function valuePath(path: string): Filter {
    expect('[');
    spaces();
    const inner = filter(true);
    spaces();
    expect(']');
    return { kind: 'element', path, filter: inner };
  }

  function condition(path: string): Filter {
    if (spaces() === '') fail('a space');
    const operator = take(WORD)?.toLowerCase();
    if (!endsWord()) fail('the end of the operator');
    if (operator === 'pr') return { kind: 'present', path };
    if (operator === undefined || !OPERATORS.has(operator)) fail('an operator');
    const parted = spaces() !== '' || text[at] === '"';
    if (!parted) fail('a space');
    return { kind: 'compare', path, operator: operator as CompareOperator, value: compValue() };
  }

  function compValue(): Literal {
    const isString = text[at] === '"';
    const value = take(STRING) ?? take(LITERAL) ?? take(NUMBER) ?? fail('a value');
    if (!isString && !endsWord()) fail('the end of the value');
    return JSON.parse(value) as Literal;
  }

  spaces();
  const parsed = filter(false);
  spaces();
  if (at < text.length) fail('the end');
  return parsed;
}
