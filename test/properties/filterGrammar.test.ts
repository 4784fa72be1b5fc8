/** The filter parser against an independent reading of the grammar, and against whatever may come. */
import fc from 'fast-check';
import t from 'tap';
import { type Filter, parseFilter } from '../../src/scim/filter/parse.ts';
import { readFilter } from '../../src/scim/filter/read.ts';
import { FILTER_LIMITS, GrammarError, scan } from '../../src/scim/filter/scan.ts';
import { parsePath } from '../../src/scim/path/parse.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { CORE_USER, ENTERPRISE, MODES, refusalOf, User } from '../support/protocol.ts';
import { NotInGrammar, parseByGrammar } from '../support/referenceParser.ts';

const names = fc.constantFrom(
  'userName',
  'title',
  'name.familyName',
  'emails.value',
  'meta.created',
  `${CORE_USER}:title`,
  `${ENTERPRISE}:manager.value`,
  'not',
  'and',
  'or',
  'pr',
  'eq',
  'nickName',
);
const sub = fc.constantFrom('value', 'type', 'primary', '$ref', 'not', 'pr');
const operator = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const literal = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('"', '\\', 'a" or title pr or title eq "', '] and [', ')', "'", '\\"', '#0', 'p0'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(true, false, null),
);

function condition(path: fc.Arbitrary<string>): fc.Arbitrary<Filter> {
  return fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      path,
      operator,
      value: literal,
    }) as fc.Arbitrary<Filter>,
    fc.record({ kind: fc.constant('present' as const), path }),
  );
}

function combined(leaf: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        terms: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), term: tie('filter') }),
    ),
  })).filter;
}

const element = fc.record({
  kind: fc.constant('element' as const),
  path: fc.constantFrom('emails', 'members', `${CORE_USER}:emails`),
  filter: combined(condition(sub)),
});
const filters = combined(
  fc.oneof({ weight: 3, arbitrary: condition(names) }, { weight: 1, arbitrary: element }),
);

type Style = { readonly spaces: string; readonly capitals: boolean; readonly tight: boolean };
const styles: fc.Arbitrary<Style> = fc.record({
  spaces: fc.constantFrom(' ', '  ', '\t', ' \t '),
  capitals: fc.boolean(),
  tight: fc.boolean(),
});

/** The sentence for a filter, with parentheses only where the precedence asks for them. */
function write(filter: Filter, style: Style): string {
  const { spaces, capitals, tight } = style;
  const word = (text: string): string => (capitals ? text.toUpperCase() : text);
  const inside = (text: string): string => (tight ? text : `${spaces}${text}${spaces}`);
  switch (filter.kind) {
    case 'present':
      return `${filter.path}${spaces}${word('pr')}`;
    case 'compare':
      return `${filter.path}${spaces}${word(filter.operator)}${tight && typeof filter.value === 'string' ? '' : spaces}${JSON.stringify(filter.value)}`;
    case 'not':
      return `${word('not')}${tight ? '' : spaces}(${inside(write(filter.term, style))})`;
    case 'element':
      return `${filter.path}[${inside(write(filter.filter, style))}]`;
    default:
      return filter.terms
        .map((term) => {
          const needed = term.kind === 'or' || (term.kind === 'and' && filter.kind === 'and');
          return needed ? `(${inside(write(term, style))})` : write(term, style);
        })
        .join(`${spaces}${word(filter.kind)}${spaces}`);
  }
}

/** A filter as text that does not depend on the order in which its members were written down. */
function show(filter: Filter | undefined): string {
  return JSON.stringify(filter, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

const strictly = (text: string): Filter | undefined => {
  try {
    return parseFilter(text, createLeniency('strict'));
  } catch (error) {
    if (error instanceof GrammarError) return undefined;
    throw error;
  }
};
const byGrammar = (text: string): Filter | undefined => {
  try {
    return parseByGrammar(text);
  } catch (error) {
    if (error instanceof NotInGrammar) return undefined;
    throw error;
  }
};

t.test(
  'B4a every sentence of the grammar is read as it was meant, and as an independent parser reads it',
  async (t) => {
    let read = 0;
    fc.assert(
      fc.property(filters, styles, (filter, style) => {
        const text = write(filter, style);
        read += 1;
        return show(byGrammar(text)) === show(filter) && show(strictly(text)) === show(filter);
      }),
      { numRuns: 600 },
    );
    t.equal(read, 600);
  },
);

const fragments = fc.constantFrom(
  'userName',
  'title',
  'emails',
  'eq',
  'ne',
  'pr',
  'and',
  'or',
  'not',
  '(',
  ')',
  '[',
  ']',
  '"x"',
  '"',
  '\\',
  'true',
  'null',
  '5',
  '1e3',
  '01',
  '.value',
  '.',
  "'x'",
  ' ',
  '  ',
  '\t',
  '\n',
  ':',
  ENTERPRISE,
  '🙂',
  '\0',
);
const nearly = fc
  .array(fragments, { maxLength: 14 })
  .chain((parts) => fc.constantFrom('', ' ').map((between) => parts.join(between)));
const mutated = fc
  .tuple(filters, styles, fc.nat(), fc.nat(6), fragments)
  .map(([filter, style, place, length, insert]) => {
    const text = write(filter, style);
    const at = place % (text.length + 1);
    return text.slice(0, at) + insert + text.slice(at + length);
  });

t.test(
  'B4a what is near a sentence is read as the independent parser reads it, or is refused when names are bound',
  async (t) => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(nearly, mutated), (text) => {
        const expected = byGrammar(text);
        const got = strictly(text);
        if (expected) {
          accepted += 1;
          return show(got) === show(expected);
        }
        return (
          got === undefined ||
          refusalOf(() => readFilter(User, text, createLeniency('strict'))) === '400 invalidFilter'
        );
      }),
      { numRuns: 2000 },
    );
    t.ok(accepted > 50, `${accepted} of them are sentences`);
  },
);

t.test('B4.04 B6.03 whatever comes, the answer is a filter, a path, or a refusal with 400', async (t) => {
  const anything = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 50 }),
    nearly,
    mutated,
  );
  fc.assert(
    fc.property(anything, fc.constantFrom(...MODES), (text, mode) => {
      const filter = refusalOf(() => readFilter(User, text, createLeniency(mode)));
      const path = refusalOf(() => parsePath(User, text, createLeniency(mode)));
      return (
        ['done', '400 invalidFilter'].includes(filter) &&
        ['done', '400 invalidFilter', '400 invalidPath'].includes(path)
      );
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

t.test('B4a the scanner keeps every character but spaces', async (t) => {
  fc.assert(
    fc.property(fc.oneof(nearly, mutated), (text) => {
      let tokens;
      try {
        tokens = scan(text);
      } catch (error) {
        return error instanceof GrammarError;
      }
      let at = 0;
      for (const token of tokens) {
        if (
          !/^[ \t]*$/.test(text.slice(at, token.start)) ||
          text.slice(token.start, token.end) !== token.text
        )
          return false;
        at = token.end;
      }
      return /^[ \t]*$/.test(text.slice(at));
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

t.test('B4.12 adversarial texts are refused or read in no time', async (t) => {
  const deep = (depth: number): string => `${'('.repeat(depth)}title pr${')'.repeat(depth)}`;
  const cases: [name: string, text: string, expected: string][] = [
    ['32 parentheses', deep(32), 'done'],
    ['40 parentheses', deep(40), '400 invalidFilter'],
    ['256 terms', Array.from({ length: 256 }, () => 'title pr').join(' or '), 'done'],
    ['300 terms', Array.from({ length: 300 }, () => 'title pr').join(' or '), '400 invalidFilter'],
    ['20 kB', `title eq "${'x'.repeat(20_000)}"`, '400 invalidFilter'],
    ['4,096 characters', `title eq "${'x'.repeat(4096 - 11)}"`, 'done'],
    ['4,097 characters', `title eq "${'x'.repeat(4097 - 11)}"`, '400 invalidFilter'],
    ['backslashes', `title eq "${'\\\\'.repeat(2000)}"`, 'done'],
    ['an unclosed string of backslashes', `title eq "${'\\'.repeat(4000)}`, '400 invalidFilter'],
    ['escapes in an unclosed string', `title eq "${'\\a'.repeat(60)}`, '400 invalidFilter'],
    [
      'line breaks in an unclosed string, on which the library is exponential',
      `title eq "${'\n'.repeat(60)}`,
      '400 invalidFilter',
    ],
    ['nots', `${'not '.repeat(1000)}title pr`, '400 invalidFilter'],
    ['nested nots', `${'not('.repeat(40)}title pr${')'.repeat(40)}`, '400 invalidFilter'],
    ['digits', `title eq ${'1'.repeat(4000)}`, 'done'],
    ['brackets', '['.repeat(4000), '400 invalidFilter'],
    ['closing', ')'.repeat(4000), '400 invalidFilter'],
    ['equals signs in base64', `x509Certificates.value eq "${'='.repeat(4000)}x"`, 'done'],
  ];
  for (const [name, text, expected] of cases) {
    t.equal(
      refusalOf(() => readFilter(User, text, createLeniency('tolerant'))),
      expected,
      name,
    );
  }
  t.equal(FILTER_LIMITS.length, 4096);
});
