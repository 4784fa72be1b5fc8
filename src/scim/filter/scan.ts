/**
 * From text to tokens, for filters and for PATCH paths. One pass, no backtracking, bounded before anything is
 * built: this is what stands between a client's text and the grammar library (docs/decisions/0001).
 */

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly start: number; readonly end: number }
  | {
      readonly kind: 'string';
      readonly text: string;
      readonly value: string;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: '(' | ')' | '[' | ']';
      readonly text: string;
      readonly start: number;
      readonly end: number;
    };

/** Limits of B4.12. Depth counts open parentheses and brackets. */
export interface Limits {
  readonly length: number;
  readonly depth: number;
  readonly terms: number;
}

export const FILTER_LIMITS: Limits = Object.freeze({ length: 4096, depth: 32, terms: 256 });
/** Of a filter in the body of a `.search`, which no proxy cuts. */
export const SEARCH_LIMITS: Limits = Object.freeze({ ...FILTER_LIMITS, length: 16_384 });

/** Text that cannot be scanned, or what is scanned is not a sentence of the grammar. */
export class GrammarError extends Error {}

const SPACE = ' ';
const TAB = '\t';

/**
 * @throws GrammarError for an unclosed or malformed string and for text over the limits
 */
export function scan(text: string, limits: Limits = FILTER_LIMITS): Token[] {
  if (text.length > limits.length) throw new GrammarError(`it is longer than ${limits.length} characters`);
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    const start = at;
    if (character === SPACE || character === TAB) {
      at += 1;
    } else if (character === '(' || character === '[') {
      depth += 1;
      if (depth > limits.depth) throw new GrammarError(`it nests deeper than ${limits.depth}`);
      at += 1;
      tokens.push({ kind: character, text: character, start, end: at });
    } else if (character === ')' || character === ']') {
      depth -= 1;
      at += 1;
      tokens.push({ kind: character, text: character, start, end: at });
    } else if (character === '"') {
      at = endOfString(text, start);
      tokens.push({
        kind: 'string',
        text: text.slice(start, at),
        value: decode(text.slice(start, at)),
        start,
        end: at,
      });
    } else {
      at = endOfWord(text, start);
      tokens.push({ kind: 'word', text: text.slice(start, at), start, end: at });
    }
  }
  return tokens;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw new GrammarError('a quoted value is not closed');
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && !' \t()[]"'.includes(text[at] as string)) at += 1;
  return at;
}

// RFC 7644 §3.4.2.2: compValue strings follow the rules of JSON, escapes included.
function decode(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new GrammarError('a quoted value is not a JSON string');
  }
}
