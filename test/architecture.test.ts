import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import t from 'tap';
import { projectRoot } from './support/project.ts';
import { lineAt, packageOf, parseSource, readSources, resolveImport } from './support/sources.ts';
import type { Import, Source } from './support/sources.ts';

const src = join(projectRoot, 'src');
const sources = readSources(src);

type Reach = { readonly value: readonly string[]; readonly type: readonly string[] };

// Which area may import which, by value and by `import type`. An area may always import itself.
const arrows: Readonly<Record<string, Reach>> = {
  scim: { value: [], type: [] },
  provisioning: { value: ['scim'], type: [] },
  store: { value: ['provisioning', 'scim'], type: ['observe'] },
  operations: { value: ['provisioning', 'scim'], type: ['store', 'observe'] },
  events: { value: ['scim'], type: ['store', 'observe'] },
  http: { value: ['operations', 'scim', 'observe'], type: [] },
};

const folders = Object.keys(arrows);
const seesEverything = ['app', 'main', 'cli'];
const topParts = ['config', 'definitions', 'observe', 'logger', 'metrics', 'housekeeping'];
// Parts of the plan that have no sources yet.
const toCome = new Set(['events']);
const purePackages = ['scim2-parse-filter', 'ajv'];

function area(path: string): string {
  return path.includes('/') ? (path.split('/')[0] as string) : path.replace(/\.ts$/, '');
}

function importsThat(
  found: readonly Source[],
  offends: (source: Source, target: Import, path: string | undefined) => boolean,
): string[] {
  return found.flatMap((source) =>
    source.imports
      .filter((target) => offends(source, target, resolveImport(source.path, target.target)))
      .map(
        (target) =>
          `src/${source.path}:${target.line} imports ${target.typeOnly ? 'type ' : ''}${target.target}`,
      ),
  );
}

function textThat(found: readonly Source[], pattern: RegExp): string[] {
  return found.flatMap((source) =>
    [...source.code.matchAll(new RegExp(pattern, 'g'))].map(
      (match) => `src/${source.path}:${lineAt(source.code, match.index)} says ${match[0]}`,
    ),
  );
}

function beyondArrows(found: readonly Source[]): string[] {
  return importsThat(found, (source, target, path) => {
    const reach = arrows[area(source.path)];
    if (!reach || path === undefined) return false;
    const to = area(path);
    if (to === area(source.path)) return false;
    return !reach.value.includes(to) && !(target.typeOnly && reach.type.includes(to));
  });
}

function impure(found: readonly Source[], allowed: readonly string[]): string[] {
  return importsThat(
    found,
    (_source, target, path) => path === undefined && !allowed.includes(packageOf(target.target)),
  );
}

// Inside one folder two files may name each other's types; between folders nothing may go round.
function cycles(found: readonly Source[]): string[] {
  const edges = new Map<string, string[]>();
  for (const source of found) {
    const targets = source.imports
      .map((target) => ({ ...target, path: resolveImport(source.path, target.target) }))
      .filter(
        ({ path, typeOnly }) => path !== undefined && !(typeOnly && dirname(path) === dirname(source.path)),
      )
      .map(({ path }) => path as string);
    edges.set(source.path, targets);
  }
  const done = new Set<string>();
  const cyclic: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cyclic.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cyclic;
}

function within(...areas: string[]): Source[] {
  return sources.filter((source) => areas.includes(area(source.path)));
}

function outside(...areas: string[]): Source[] {
  return sources.filter((source) => !areas.includes(area(source.path)));
}

t.test('the reader finds every form of import and nothing else', async (t) => {
  const { imports, code, lines } = parseSource(
    'http/sample.ts',
    [
      "import a from 'one';",
      "import type { B } from 'two';",
      'import {',
      '  c,',
      '  type D,',
      "} from './three.ts';",
      "export { e } from './four.ts';",
      "export type { F } from './five.ts';",
      "import './six.ts';",
      "const g = await import('seven');",
      "import type from 'eight';",
      "// import h from 'comment';",
      "/* import i from 'comment';",
      "import i from 'comment'; */",
      'const text = "import j from \'text\'"; const k = `\nimport l from "template"; ${process.env.X} {`;',
      "const slash = 4 / 2; const pattern = /import m from '[/]x'/; console.log(slash / 2);",
      "export * as n from '@scope/nine/deep.js';",
      'export const o = { from: "none" };',
      'export function p(q = "none") {}',
      '',
    ].join('\n'),
  );
  t.same(
    imports.map(({ target, typeOnly, line }) => [target, typeOnly, line]),
    [
      ['one', false, 1],
      ['two', true, 2],
      ['./three.ts', false, 6],
      ['./four.ts', false, 7],
      ['./five.ts', true, 8],
      ['./six.ts', false, 9],
      ['seven', false, 10],
      ['eight', false, 11],
      ['@scope/nine/deep.js', false, 18],
    ],
  );
  t.equal(lines, 20);
  t.match(code, 'process.env.X', 'code inside a template literal is code');
  t.match(code, 'console.log(slash / 2)', 'a division does not begin a regular expression');
  t.notMatch(code, /comment|text'|template|none/, 'comments and literals are blanked');
  t.equal(packageOf('@scope/nine/deep.js'), '@scope/nine');
  t.equal(packageOf('node:fs/promises'), 'node:fs');
});

t.test('the rules find what they forbid', async (t) => {
  const bad = [
    parseSource('scim/a.ts', "import { b } from '../store/b.ts';\nimport { readFileSync } from 'node:fs';\n"),
    parseSource('store/b.ts', "import type { C } from '../operations/c.ts';\nimport pg from 'pg';\n"),
    parseSource('operations/c.ts', "import { b } from '../store/b.ts';\nimport { a } from '../scim/a.ts';\n"),
  ];
  t.same(beyondArrows(bad), [
    'src/scim/a.ts:1 imports ../store/b.ts',
    'src/store/b.ts:1 imports type ../operations/c.ts',
    'src/operations/c.ts:1 imports ../store/b.ts',
  ]);
  t.same(impure(bad.slice(0, 1), purePackages), ['src/scim/a.ts:2 imports node:fs']);
  t.same(cycles(bad), [
    'store/b.ts → operations/c.ts → store/b.ts',
    'scim/a.ts → store/b.ts → operations/c.ts → scim/a.ts',
  ]);
  t.same(textThat([parseSource('scim/d.ts', 'const a = 1;\nconst now = new Date();\n')], clock), [
    'src/scim/d.ts:2 says new Date()',
  ]);
  const good = [
    parseSource(
      'operations/e.ts',
      "import type { F } from '../store/f.ts';\nimport { g } from '../scim/g.ts';\n",
    ),
    parseSource('store/f.ts', "import { g } from '../scim/g.ts';\n"),
    parseSource('scim/g.ts', "import type { H } from './h.ts';\n"),
    parseSource('scim/h.ts', "import { g } from './g.ts';\n"),
  ];
  t.same([...beyondArrows(good), ...cycles(good)], []);
});

t.test('the sources were read', async (t) => {
  t.ok(sources.length > 20, `${sources.length} files`);
  const imports = sources.flatMap((source) => source.imports);
  t.ok(imports.length > 40, `${imports.length} imports`);
  for (const folder of folders.filter((name) => !toCome.has(name)))
    t.ok(within(folder).length > 0, `src/${folder} has sources`);
});

t.test('src holds the parts of the plan and no others', async (t) => {
  const known = [...folders, ...seesEverything, ...topParts];
  t.same(
    [...new Set(sources.map(({ path }) => area(path)))].filter((name) => !known.includes(name)),
    [],
  );
});

t.test('arrows between the folders point one way', async (t) => {
  t.same(beyondArrows(sources), []);
});

t.test('scim imports nothing outside itself', async (t) => {
  t.same(impure(within('scim'), purePackages), []);
});

t.test('provisioning imports scim alone', async (t) => {
  t.same(impure(within('provisioning'), []), []);
});

t.test('config, observe, logger, metrics and housekeeping know the folders by type at most', async (t) => {
  t.same(
    importsThat(within(...topParts), (_source, target, path) => {
      if (path === undefined) return false;
      return seesEverything.includes(area(path)) || (folders.includes(area(path)) && !target.typeOnly);
    }),
    [],
  );
});

t.test('no imports go round in a circle', async (t) => {
  t.same(cycles(sources), []);
});

t.test('every relative import names a file of src', async (t) => {
  const paths = new Set(sources.map(({ path }) => path));
  t.same(
    importsThat(sources, (_source, _target, path) => path !== undefined && !paths.has(path)),
    [],
  );
});

t.test('kysely and pg appear in store alone', async (t) => {
  const drivers = ['kysely', 'pg', '@electric-sql/pglite'];
  t.same(
    importsThat(outside('store'), (_source, target) => drivers.includes(packageOf(target.target))),
    [],
  );
});

t.test('fastify appears in http and app.ts alone', async (t) => {
  t.same(
    importsThat(outside('http', 'app'), (_source, target) => /^(fastify|@fastify)(\/|$)/.test(target.target)),
    [],
  );
});

t.test('process.env is read in config.ts alone', async (t) => {
  t.same(textThat(outside('config'), /(?<![\w$.])process\s*(?:\.|\?\.)\s*env\b|(?<![\w$.])process\s*\[/), []);
});

t.test('console is written to in cli.ts and main.ts alone', async (t) => {
  t.same(textThat(outside('cli', 'main'), /(?<![\w$.])console\s*\??\./), []);
});

const clock =
  /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\s*\)|(?<![\w$.])(?:performance|crypto|process)\s*\.|(?<![\w$.])(?:setTimeout|setInterval|setImmediate|fetch)\s*\(/;

t.test('scim and provisioning know no clock, no chance and no network', async (t) => {
  t.same(textThat(within('scim', 'provisioning'), clock), []);
});

t.test('no file is longer than 400 lines', async (t) => {
  t.same(
    sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `src/${path} has ${lines}`),
    [],
  );
});

t.test('the median file has at most 90 lines', async (t) => {
  const lines = sources.map((source) => source.lines).sort((a, b) => a - b);
  const median = lines[Math.floor(lines.length / 2)] ?? 0;
  t.ok(median <= 90, `the median is ${median}`);
});

t.test('no file or folder is named after nothing in particular', async (t) => {
  const vague = /^(?:util|helper|common|manager|service)s?$/;
  t.same(
    sources
      .map(({ path }) => `src/${path}`)
      .filter((path) => path.split('/').some((part) => vague.test(basename(part, '.ts')))),
    [],
  );
});

t.test('there are no barrels', async (t) => {
  t.same(
    [
      ...sources.filter(({ path }) => basename(path) === 'index.ts').map(({ path }) => `src/${path}`),
      ...textThat(sources, /^export \*/m),
    ],
    [],
  );
});

t.test('each folder of src says in 10 to 20 lines what may live there', async (t) => {
  const present = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of present) {
    const readme = join(src, name, 'README.md');
    const lines = existsSync(readme) ? readFileSync(readme, 'utf8').trimEnd().split('\n').length : 0;
    t.ok(lines >= 10 && lines <= 20, `src/${name}/README.md has ${lines} lines`);
  }
});
