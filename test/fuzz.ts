/**
 * Whatever a client sends as a filter or a path, the scanner and the parsers answer: with a result, or with a
 * refusal that is the client's to mend. `npm run fuzz` tries a million inputs; the suite tries a few thousand.
 */
import { readFilter } from '../src/scim/filter/read.ts';
import { GrammarError, scan } from '../src/scim/filter/scan.ts';
import { ScimError } from '../src/scim/errors.ts';
import { parsePath } from '../src/scim/path/parse.ts';
import { createLeniency } from '../src/scim/tolerance.ts';
import { CORE_USER, Device, DEVICE_EXTENSION, ENTERPRISE, Group, MODES, User } from './support/protocol.ts';

/** What became of a run. */
export interface Tally {
  readonly inputs: number;
  /** Per part, how many inputs it took and how many it refused. */
  readonly parts: Readonly<Record<Part, { accepted: number; refused: number }>>;
  /** Each input that ended in something else, with what it was. */
  readonly failures: readonly { readonly part: Part; readonly input: string; readonly error: string }[];
}

type Part = 'scanner' | 'filter' | 'path';

const CORPUS: readonly string[] = [
  'userName eq "bjensen@example.com"',
  'emails[type eq "work" and value co "@example.com"] or not (title pr)',
  'emails[type eq "work"].value eq "a"',
  `${ENTERPRISE}:manager.value eq "26118915-6090-4610-87e4-49d8ca9f808d"`,
  `${CORE_USER}:name.familyName sw "J"`,
  `${DEVICE_EXTENSION}:colour ne null`,
  'meta.lastModified ge "2011-05-13T04:42:34Z"',
  'members[value eq "2819c223"].display',
  'members.value eq "x" and (displayName co "\\u00e9" or id pr)',
  'ports[value gt 80] and weight le -1.5e-3 and slots eq 1',
  'parts[number eq 1 and not (maker eq "x" or grade pr)].key',
  'active eq true and schemas eq "urn:x"',
  'addresses[type eq "work"].streetAddress',
  'firmware eq "AA=="',
  'name.givenName',
];

const ATOMS: readonly string[] = [
  'eq',
  'ne',
  'co',
  'sw',
  'ew',
  'gt',
  'ge',
  'lt',
  'le',
  'pr',
  'and',
  'or',
  'not',
  'true',
  'false',
  'null',
  // Names that an object has of its own, where a look-up in a plain one would find something.
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  'userName',
  'emails',
  'emails.value',
  'members',
  'member',
  'name',
  'schemas',
  'meta',
  'meta.created',
  'password',
  'ports',
  'parts',
  'place.floor',
  'value',
  'type',
  'primary',
  '$ref',
  'groups',
  'manager',
  '(',
  ')',
  '[',
  ']',
  '[[',
  ']]',
  '((',
  '))',
  '"',
  '""',
  '\\',
  '\\"',
  '\\\\',
  '\\u',
  '\\u0000',
  '\\ud800',
  '.',
  '..',
  ':',
  '::',
  ',',
  '=',
  '-',
  '+',
  '0',
  '-0',
  '01',
  '1e999',
  '1e',
  '.5',
  '9'.repeat(40),
  '#0',
  'p0',
  '"#0"',
  "'",
  "'x'",
  '"x"',
  '"\\ud83d\\ude00"',
  '"a"b',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r',
  '\0',
  '\u00a0',
  '\u2028',
  '\ud800',
  '\udc00',
  '😀',
  'é',
  'e\u0301',
  'ß',
  'İ',
  'ﬁ',
  '\ufeff',
  '\u202e',
  '\uffff',
  'Ａ',
  CORE_USER,
  ENTERPRISE,
  `${ENTERPRISE}:`,
  `${ENTERPRISE}:manager`,
  DEVICE_EXTENSION,
  'urn:',
  'urn:x:y:z',
];
const SEPARATORS = ['', ' ', ' ', ' ', '\t', '  '];
const REPEATED = [
  ...'([{"\\.: \n=aé',
  '😀',
  'not (',
  'a[',
  ' and ',
  'title pr or ',
  '\\u00',
  '")',
  'eq "',
  '$',
];

/** A generator of numbers below 1 that gives the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An endless supply of inputs, the same for the same seed. */
export function* inputsFrom(seed: number): Generator<string, never> {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const of = <T>(list: readonly T[]): T => list[below(list.length)] as T;

  const assembled = (): string => {
    const separator = of(SEPARATORS);
    return Array.from({ length: 1 + below(16) }, () => of(ATOMS)).join(separator);
  };
  const sentence = (): string =>
    Array.from({ length: 1 + below(4) }, () => `${of(ATOMS)} ${of(ATOMS)} ${of(ATOMS)}`).join(
      of([' and ', ' or ']),
    );
  const characters = (): string =>
    String.fromCharCode(...Array.from({ length: below(60) }, () => below(below(3) === 0 ? 65_536 : 128)));
  const long = (): string => {
    const unit = of(REPEATED);
    return (
      of(['', 'title eq "', 'emails[', 'title ']) + unit.repeat(1 + below(5_000 / unit.length)) + of(ATOMS)
    );
  };
  const nested = (): string => {
    const depth = below(48);
    const open = Array.from({ length: depth }, () => of(['(', 'not (', 'emails[', '(('])).join('');
    return open + of(CORPUS) + of([')', ']', ') ', ']].value']).repeat(depth);
  };
  const mutated = (text: string): string => {
    let result = text;
    for (let edits = below(5); edits > 0; edits -= 1) {
      const at = below(result.length + 1);
      const removed = of([0, 0, 1, 1, 2, 8]);
      const inserted = of([
        '',
        of(ATOMS),
        of(ATOMS),
        String.fromCharCode(below(65_536)),
        result.slice(at, at + below(20)),
      ]);
      result = result.slice(0, at) + inserted + result.slice(at + removed);
    }
    return result;
  };

  while (true) {
    const kind = below(100);
    if (kind < 30) yield mutated(of(CORPUS));
    else if (kind < 45) yield mutated(`${of(CORPUS)}${of([' and ', ' or ', ' OR not '])}(${of(CORPUS)})`);
    else if (kind < 65) yield assembled();
    else if (kind < 80) yield sentence();
    else if (kind < 90) yield characters();
    else if (kind < 97) yield nested();
    else yield long();
  }
}

/** Gives each input to the scanner and to both parsers, with every resource type in turn. */
export function fuzz(
  inputs: number,
  seed: number,
  progress: (done: number) => void = () => undefined,
): Tally {
  const parts: Tally['parts'] = {
    scanner: { accepted: 0, refused: 0 },
    filter: { accepted: 0, refused: 0 },
    path: { accepted: 0, refused: 0 },
  };
  const failures: { part: Part; input: string; error: string }[] = [];
  const attempt = (part: Part, input: string, run: () => unknown): void => {
    try {
      run();
      parts[part].accepted += 1;
    } catch (error) {
      const refused =
        part === 'scanner'
          ? error instanceof GrammarError
          : error instanceof ScimError && error.status <= 400;
      if (refused) parts[part].refused += 1;
      else
        failures.push({ part, input, error: error instanceof Error ? String(error.stack) : String(error) });
    }
  };
  const supply = inputsFrom(seed);
  const types = [User, Group, Device];
  for (let done = 0; done < inputs; done += 1) {
    const input = supply.next().value;
    const type = types[done % types.length] as typeof User;
    const mode = MODES[Math.floor(done / types.length) % MODES.length] as 'tolerant' | 'strict';
    attempt('scanner', input, () => scan(input));
    attempt('filter', input, () => readFilter(type, input, createLeniency(mode)));
    attempt('path', input, () => parsePath(type, input, createLeniency(mode)));
    if ((done + 1) % 10_000 === 0) progress(done + 1);
  }
  return { inputs, parts, failures };
}
