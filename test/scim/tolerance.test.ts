/** The tolerances, and that docs/tolerances.md says what they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MODES } from '../../src/scim/mode.ts';
import { createLeniency, TOLERANCES } from '../../src/scim/tolerance.ts';
import { projectRoot } from '../support/project.ts';
import { readSources } from '../support/sources.ts';

const page = readFileSync(join(projectRoot, 'docs', 'tolerances.md'), 'utf8');
const [, , byName = '', quirks = ''] = page.split(/^## .*$/m);
const cells = (section: string): string[][] =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:Name|Quirk) /.test(line))
    .map((line) => line.slice(2, -2).split(' | '));
const src = join(projectRoot, 'src');
const sources = readSources(src).map(({ path }) => ({ path, text: readFileSync(join(src, path), 'utf8') }));

t.test(
  'docs/tolerances.md lists every tolerance as the source does, with who sends it, what strict and interop mode answer, and an example',
  async (t) => {
    const rows = cells(byName);
    t.strictSame(
      rows.map(([name, accepted]) => [name, accepted]),
      Object.entries(TOLERANCES).map(([name, accepted]) => [`\`${name}\``, accepted]),
    );
    for (const row of rows) t.ok(row.length === 6 && row.every((cell) => cell.trim() !== ''), String(row[0]));
  },
);

t.test('docs/tolerances.md numbers the quirks, and names only tolerances that there are', async (t) => {
  const rows = cells(quirks);
  t.strictSame(
    rows.map(([number]) => Number(number)),
    rows.map((_, index) => index + 1),
  );
  const named = rows.flatMap(([, , , tolerances = '']) =>
    [...tolerances.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  );
  t.strictSame(
    named.filter((name) => !Object.hasOwn(TOLERANCES, name)),
    [],
  );
});

t.test('every quirk that a comment of the source names is in docs/tolerances.md', async (t) => {
  const known = new Set(cells(quirks).map(([number]) => number));
  const unknown = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/quirks? (\d+(?:(?:, | and )\d+)*)/g)]
      .flatMap(([, numbers = '']) => numbers.match(/\d+/g) ?? [])
      .filter((number) => !known.has(number))
      .map((number) => `src/${path}: quirk ${number}`),
  );
  t.strictSame(unknown, []);
});

t.test('every tolerance is asked for somewhere', async (t) => {
  const text = sources
    .filter(({ path }) => path !== 'scim/tolerance.ts')
    .map((source) => source.text)
    .join('\n');
  t.strictSame(
    Object.keys(TOLERANCES).filter((name) => !text.includes(`'${name}'`)),
    [],
  );
});

t.test(
  'a tolerance that was used is on record once; in strict and in interop mode none is used',
  async (t) => {
    const tolerant = createLeniency('tolerant');
    t.ok(
      tolerant.use('boolean-as-string') &&
        tolerant.use('schemas-missing') &&
        tolerant.use('boolean-as-string'),
    );
    t.strictSame([...tolerant.used], ['boolean-as-string', 'schemas-missing']);
    for (const mode of MODES.filter((one) => one !== 'tolerant')) {
      const other = createLeniency(mode);
      t.notOk(other.use('boolean-as-string'), mode);
      t.equal(other.used.size, 0, mode);
    }
  },
);
