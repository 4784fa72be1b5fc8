/** Tokens, and the paths of PATCH operations. */
import t from 'tap';
import { GrammarError, scan } from '../../src/scim/filter/scan.ts';
import { pathOf } from '../../src/scim/path/target.ts';
import { parsePath } from '../../src/scim/path/parse.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import {
  CORE_USER,
  Device,
  ENTERPRISE,
  Group,
  MODES,
  type Mode,
  refusalOf,
  User,
} from '../support/protocol.ts';

t.test('B4a a text is cut into words, strings and brackets', async (t) => {
  const cases: [text: string, expected: string[]][] = [
    ['', []],
    [' \t ', []],
    ['userName eq "x"', ['word userName', 'word eq', 'string x']],
    ['userName eq"x"', ['word userName', 'word eq', 'string x']],
    ['(a)', ['( (', 'word a', ') )']],
    [
      'emails[type eq "work"].value',
      ['word emails', '[ [', 'word type', 'word eq', 'string work', '] ]', 'word .value'],
    ],
    ['"a ] ) b"', ['string a ] ) b']],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"', ['string "\\/\b\f\n\r\té']],
    ["'x y'", ["word 'x", "word y'"]],
    [')(', [') )', '( (']],
    ['a\nb', ['word a\nb']],
  ];
  for (const [text, expected] of cases) {
    t.strictSame(
      scan(text).map((token) => `${token.kind} ${token.kind === 'string' ? token.value : token.text}`),
      expected,
      JSON.stringify(text),
    );
  }
  for (const text of ['"', '"a', '"a\\"', '"\\x"', '"a\nb"', '"\\u12"', '('.repeat(33), 'x'.repeat(4097)]) {
    let thrown: unknown;
    try {
      scan(text);
    } catch (error) {
      thrown = error;
    }
    t.ok(thrown instanceof GrammarError, JSON.stringify(text.slice(0, 10)));
  }
});

const parse = (type: ResourceType, text: string, mode: Mode = 'strict') =>
  parsePath(type, text, createLeniency(mode));

t.test('B6.03 a path names an attribute, a part of it, elements of it, or an extension', async (t) => {
  const cases: [text: string, kind: string, path: string, sub?: string | undefined, type?: ResourceType][] = [
    ['title', 'attribute', 'title'],
    [' TITLE ', 'attribute', 'title'],
    ['emails', 'attribute', 'emails'],
    [`${CORE_USER}:title`, 'attribute', 'title'],
    ['name.givenName', 'sub', 'name.givenName', 'givenName'],
    ['emails.value', 'sub', 'emails.value', 'value'],
    ['emails[type eq "work"]', 'elements', 'emails'],
    ['emails[type eq "work"].value', 'elements', 'emails', 'value'],
    ['emails[ ( type eq "work" ) ].VALUE', 'elements', 'emails', 'value'],
    [`${CORE_USER}:emails[type eq "a]b"].value`, 'elements', 'emails', 'value'],
    [ENTERPRISE, 'extension', ENTERPRISE],
    [`${ENTERPRISE}:manager`, 'attribute', `${ENTERPRISE}:manager`],
    [`${ENTERPRISE}:manager.value`, 'sub', `${ENTERPRISE}:manager.value`, 'value'],
    ['members[value eq "2819c223"]', 'elements', 'members', undefined, Group],
    ['members.$ref', 'sub', 'members.$ref', '$ref', Group],
    ['tags[value eq "x"]', 'elements', 'tags', undefined, Device],
  ];
  for (const [text, kind, path, sub, type = User] of cases) {
    for (const mode of MODES) {
      const target = parse(type, text, mode);
      t.equal(target?.kind, kind, `${text} (${mode})`);
      if (!target) continue;
      t.equal(pathOf(target), path, `${text} (${mode}): its path`);
      t.equal('sub' in target ? target.sub?.name : undefined, sub, `${text} (${mode}): its sub-attribute`);
    }
  }
});

t.test('B6.03 what is no path is invalidPath, what is wrong in brackets invalidFilter', async (t) => {
  const cases: [text: string, expected: string][] = [
    [' ', '400 invalidPath'],
    ['"title"', '400 invalidPath'],
    ['(title)', '400 invalidPath'],
    ['[type eq "work"]', '400 invalidPath'],
    ['title userName', '400 invalidPath'],
    ['name . givenName', '400 invalidPath'],
    ['emails [type eq "work"]', '400 invalidPath'],
    ['emails[type eq "work"] .value', '400 invalidPath'],
    ['emails[type eq "work"]value', '400 invalidPath'],
    ['emails[type eq "work"].value.x', 'done'],
    ['emails[type eq "work"].value x', '400 invalidPath'],
    ['emails[type eq "work"][0]', '400 invalidPath'],
    ['emails[type eq "work"', '400 invalidPath'],
    ['emails[type eq "work".value', '400 invalidPath'],
    ['emails]', '400 invalidPath'],
    ['emails[]', '400 invalidPath'],
    ['emails[ 12 ]', '400 invalidPath'],
    ['emails[type eq "work]', '400 invalidPath'],
    ['title[value eq "x"]', '400 invalidPath'],
    ['name[givenName eq "x"]', '400 invalidPath'],
    ['emails.value[type eq "x"]', '400 invalidPath'],
    [`${ENTERPRISE}[department eq "x"]`, '400 invalidPath'],
    ['x'.repeat(1025), '400 invalidPath'],
    [`emails[${'('.repeat(40)}type pr${')'.repeat(40)}]`, '400 invalidPath'],
    ['emails[type]', '400 invalidFilter'],
    ['emails[type zz "x"]', '400 invalidFilter'],
    ['emails[type eq]', '400 invalidFilter'],
    ['emails[type eq "x" and]', '400 invalidFilter'],
    ['emails[foo eq "x"]', '400 invalidFilter'],
    ['emails[emails.type eq "x"]', '400 invalidFilter'],
    ['emails[primary co true]', '400 invalidFilter'],
    ['emails[type[value eq "x"]]', '400 invalidFilter'],
    [`emails[${Array.from({ length: 33 }, () => 'type pr').join(' or ')}]`, '400 invalidFilter'],
    ["emails[type eq 'work']", '400 invalidFilter'],
    ['foo', 'done'],
    ['name.foo', 'done'],
    ['urn:other:foo', 'done'],
    ['foo[type eq "x"]', 'done'],
    ['emails[type eq "x"].foo', 'done'],
  ];
  for (const [text, expected] of cases) {
    for (const mode of MODES)
      t.equal(
        refusalOf(() => parse(User, text, mode)),
        expected,
        `${text.slice(0, 60)} (${mode})`,
      );
    if (expected === 'done') t.equal(parse(User, text), undefined, `${text} names nothing`);
  }
});

t.test('D4-6 a conjunction of eq describes an element, any other filter none', async (t) => {
  const cases: [filter: string, expected: unknown][] = [
    ['type eq "Work"', { type: 'Work' }],
    [
      'TYPE eq "work" and (primary eq true and display eq "x")',
      { type: 'work', primary: true, display: 'x' },
    ],
    ['type eq "work" or type eq "home"', undefined],
    ['type eq "work" and value sw "x"', undefined],
    ['type eq "work" and type eq "home"', undefined],
    ['type eq null', undefined],
    ['type pr', undefined],
    ['not (type eq "work")', undefined],
  ];
  for (const [filter, expected] of cases) {
    const target = parse(User, `emails[${filter}].value`);
    t.strictSame(
      target?.kind === 'elements' ? target.described && { ...target.described } : 'no elements',
      expected,
      filter,
    );
  }
});
