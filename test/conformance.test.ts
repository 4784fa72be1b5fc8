import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { projectRoot } from './support/project.ts';

type Requirement = Readonly<Record<'id' | 'level' | 'clause' | 'summary', string>> & { decision?: string };
type Named = { file: string; name: string; ids: string[] };

interface Generator {
  readonly readRegister: () => Requirement[];
  readonly readTests: () => Named[];
  readonly namesIn: (source: string) => string[];
  readonly idsIn: (name: string) => string[];
  readonly readResults: (tap: string) => Map<string, string>;
  readonly problemsOf: (register: Requirement[], tests: Named[], results?: Map<string, string>) => string[];
  readonly conformancePage: (
    register: Requirement[],
    tests: Named[],
    results?: Map<string, string>,
  ) => string;
  readonly withoutResults: (page: string) => string;
}

const script = pathToFileURL(join(projectRoot, 'scripts/generate-conformance.js')).href;
const generator = (await import(script)) as Generator;
const { conformancePage, idsIn, namesIn, problemsOf, readResults, withoutResults } = generator;
const register = generator.readRegister();
const tests = generator.readTests();

t.test('every requirement has a test or a reason, and every ID in a test is a requirement', (t) => {
  t.same(problemsOf(register, tests), []);
  t.ok(register.length > 250);
  t.end();
});

t.test('a requirement says what it asks, where that is written, and how much it binds', (t) => {
  for (const { id, level, clause, summary, decision } of register) {
    t.match(level, /^(?:MUST|SHOULD|MAY|decision)$/, id);
    t.match(clause, /^RFC \d{4}/, id);
    t.match(summary, /^.{3,220}\.$/, id);
    t.match(decision ?? 'None.', /\.$/, id);
  }
  t.end();
});

t.test('docs/conformance.md is what the register and the names of the tests say', (t) => {
  const page = readFileSync(join(projectRoot, 'docs/conformance.md'), 'utf8');
  const hint = 'node scripts/generate-conformance.js brings the page up to date';
  t.equal(withoutResults(page), conformancePage(register, tests), hint);
  t.end();
});

t.test('what is missing, unknown, failed or not run is told', (t) => {
  const entry = (id: string, decision?: string): Requirement => ({
    id,
    level: 'MUST',
    clause: 'RFC 7644 §3',
    summary: 'A sentence.',
    ...(decision === undefined ? {} : { decision }),
  });
  const proof = (name: string): Named => ({ file: 'test/a.test.ts', name, ids: idsIn(name) });
  t.same(problemsOf([entry('B1.01'), entry('B1.02', 'No.')], [proof('B9.99 no such ID')]), [
    'B1.01 has neither a test nor a decision',
    'B9.99 is not in the register: test/a.test.ts: B9.99 no such ID',
  ]);
  t.same(problemsOf([entry('B1.01', 'No.'), entry('B1.01', 'No.')], []), ['B1.01 is in the register twice']);
  const tap = [
    'TAP version 14',
    '# Subtest: build/test/a.test.js',
    '    # Subtest: B1.01 passes',
    '        not ok 1 - B1.01 is not this line',
    '    ok 1 - B1.01 passes # time=1.5ms',
    '    not ok 2 - B1.01 fails \\# and says so # time=2ms',
    '    ok 3 - B1.01 is to come # TODO not there yet # time=3ms',
    '    1..3',
    'not ok 1 - build/test/a.test.js # time=10ms',
  ].join('\n');
  const results = readResults(tap);
  const named = ['B1.01 passes', 'B1.01 fails # and says so', 'B1.01 is to come', 'B1.01 is new'].map(proof);
  t.same(problemsOf([entry('B1.01')], named, results), [
    'B1.01 failed: test/a.test.ts: B1.01 fails # and says so',
    'B1.01 todo: test/a.test.ts: B1.01 is to come',
    'B1.01 not run: test/a.test.ts: B1.01 is new',
  ]);
  const page = conformancePage([entry('B1.01')], named, results);
  t.match(page, /\| B1\.01 passes \| passed \|\n.*\| failed \|\n.*\| todo \|\n.*\| not run \|/);
  t.equal(withoutResults(page), conformancePage([entry('B1.01')], named));
  t.end();
});

t.test('names and IDs are found however they are written', (t) => {
  // Put together, lest this file seem to have a test of that name.
  const call = 't.test(';
  const source = [
    `${call}'B1.01 one', async (t) => {`,
    'test(',
    '  "it\'s two",',
    `${call}\`three\`, () => {})`,
    't.test(`${four}`, () => {})',
    "t.test('it\\'s five', () => {})",
  ].join('\n');
  t.same(namesIn(source), ['B1.01 one', "it's two", 'three', "it's five"]);
  t.same(idsIn('B4.51 to B4.53 D4-6 D5 B6a C7.04 B4 and RFC 7644 §3.5.2'), [
    'B4.51',
    'B4.52',
    'B4.53',
    'D4-6',
    'D5',
    'B6a',
  ]);
  t.end();
});
