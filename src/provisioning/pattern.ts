/** Patterns that recognise groups by their names: literal text with named parts, such as `{organization} {role}`. */
import { invalidValue } from '../scim/errors.ts';
import { fold } from '../scim/schema/fold.ts';

export type Part = 'organization' | 'role';

/** What a role may be called. */
export interface RoleNames {
  /** The declared role that a text names. */
  of(text: string): string | undefined;
  /** How long the longest name is, folded. */
  readonly longest: number;
}

/** What a name says, as it is written there; a role by its declared name. */
export interface Match {
  readonly organization: string | null;
  readonly role: string | null;
}

export interface Pattern {
  readonly parts: ReadonlySet<Part>;
  /** @returns undefined where the name has not the pattern's form, or its role is none that is declared */
  match(name: string, roles: RoleNames): Match | undefined;
}

/** In UTF-16 units. A longer name is no organization and role that a person has written. */
const LONGEST_NAME = 1_000;

/**
 * Compiles a pattern. Literal text is compared without regard to case; parts are trimmed and never empty. Where the text
 * between two parts occurs several times, the split counts whose role is declared, among those the one with the longest
 * organization.
 * @throws ScimError invalidValue that says what is wrong with the pattern
 */
export function compilePattern(text: string): Pattern {
  const { literals, parts } = piecesOf(text);
  const [before = '', ...rest] = literals.map((literal) => folded(literal).text);
  const [first, second] = parts;
  const between = second ? (rest[0] ?? '') : '';
  const after = rest.at(-1) ?? '';
  return {
    parts: new Set(parts),
    match(name, roles) {
      if (name.length > LONGEST_NAME) return undefined;
      const subject = folded(name);
      const end = subject.text.length - after.length;
      const fits =
        before.length <= end && subject.text.startsWith(before) && subject.text.endsWith(after) && !!first;
      if (!fits) return undefined;
      if (!second) return matchOf(first, subject, before.length, end, roles);
      for (const [organization, role] of splits(
        subject.text,
        before.length,
        end,
        between,
        first,
        roles.longest,
      )) {
        const found = matchOf('role', subject, ...role, roles);
        const named = found && matchOf('organization', subject, ...organization, roles);
        if (named) return { organization: named.organization, role: found.role };
      }
      return undefined;
    },
  };
}

function matchOf(part: Part, subject: Folded, from: number, to: number, roles: RoleNames): Match | undefined {
  const text = subject.between(from, to)?.trim();
  if (!text) return undefined;
  if (part === 'organization') return { organization: text, role: null };
  const role = roles.of(text);
  return role === undefined ? undefined : { organization: null, role };
}

type Range = readonly [from: number, to: number];

/**
 * Organization and role for each place of the separator, the longest organization first. The role grows from one place to
 * the next, and what is looked at is looked at once, so that the search ends where the role is longer than any that is
 * declared.
 */
function* splits(
  text: string,
  from: number,
  to: number,
  separator: string,
  first: Part,
  longest: number,
): Generator<readonly [organization: Range, role: Range]> {
  let start = from;
  while (start < to && isSpace(text, start)) start += 1;
  let end = to;
  while (end > start && isSpace(text, end - 1)) end -= 1;
  if (first === 'role') {
    let role = start;
    let seen = start;
    for (let at = text.indexOf(separator, from); at >= 0; at = text.indexOf(separator, at + 1)) {
      for (; seen < at; seen += 1) if (!isSpace(text, seen)) role = seen + 1;
      const after = at + separator.length;
      if (after >= end || role - start > longest) return;
      yield [
        [after, end],
        [start, role],
      ];
    }
    return;
  }
  let role = end;
  let seen = end;
  let at = text.lastIndexOf(separator, to - separator.length);
  while (at > start) {
    const after = at + separator.length;
    for (; seen > after; seen -= 1) if (!isSpace(text, seen - 1)) role = seen - 1;
    if (end - role > longest) return;
    if (after <= end) {
      yield [
        [start, at],
        [role, end],
      ];
    }
    at = text.lastIndexOf(separator, at - 1);
  }
}

function isSpace(text: string, index: number): boolean {
  return text.charAt(index).trim() === '';
}

interface Folded {
  readonly text: string;
  /** The original text between two places of the folded one; undefined where one of them is inside a character. */
  between(from: number, to: number): string | undefined;
}

/** A character with its marks: what folding changes the length of, it changes for these. */
const CHARACTER = /\P{M}\p{M}*|\p{M}+/gsu;

/** Folded character by character, so that what is found in the folded text can be given as it was written. */
function folded(given: string): Folded {
  const original = given.normalize('NFC');
  const places = new Map<number, number>([[0, 0]]);
  let text = '';
  let length = 0;
  for (const [character] of original.matchAll(CHARACTER)) {
    text += fold(character);
    length += character.length;
    places.set(text.length, length);
  }
  return {
    text,
    between(from, to) {
      const start = places.get(from);
      const end = places.get(to);
      return start === undefined || end === undefined || start > end ? undefined : original.slice(start, end);
    },
  };
}

/** Cuts a pattern into its literals and the parts between them: one literal more than parts, each maybe empty. */
function piecesOf(text: string): { literals: string[]; parts: Part[] } {
  const literals: string[] = [];
  const parts: Part[] = [];
  let rest = text;
  for (let open = rest.indexOf('{'); open >= 0; open = rest.indexOf('{')) {
    const close = rest.indexOf('}', open);
    const name = rest.slice(open + 1, close);
    if (close < 0 || name.includes('{')) throw bad(text, 'has a "{" without its "}"');
    if (name !== 'organization' && name !== 'role')
      throw bad(text, `has a part {${name}}; a part is {organization} or {role}`);
    if (parts.includes(name)) throw bad(text, `has {${name}} twice; write it once`);
    literals.push(rest.slice(0, open));
    parts.push(name);
    rest = rest.slice(close + 1);
  }
  literals.push(rest);
  if (literals.some((literal) => literal.includes('}'))) throw bad(text, 'has a "}" without its "{"');
  if (parts.length === 0)
    throw bad(text, 'has neither {organization} nor {role}; to match one exact name, give "name" instead');
  if (parts.length === 2 && literals[1] === '')
    throw bad(text, 'has nothing between its two parts; write what separates them, such as a space');
  return { literals, parts };
}

function bad(text: string, what: string): Error {
  return invalidValue(`The pattern ${JSON.stringify(text.slice(0, 100))} ${what}.`);
}
