import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const skipped = new Set(['node_modules', 'build', 'data', '.git', '.tap']);
const problems = [];

const pages = pagesUnder(root);
for (const page of pages) {
  const text = readFileSync(page, 'utf8');
  for (const { target, line } of linksOf(text)) {
    const problem = problemOf(page, target);
    if (problem) problems.push(`${relative(root, page)}:${line} ${target}: ${problem}`);
  }
}
problems.push(...undocumented());

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${pages.length} pages, every relative link resolves`);

function pagesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pagesUnder(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function linksOf(text) {
  const prose = withoutCode(text);
  const inline = prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+["'(][^)]*)?\)/g);
  const references = prose.matchAll(/^[ ]{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm);
  return [...inline, ...references].map((match) => ({
    target: match[1],
    line: prose.slice(0, match.index).split('\n').length,
  }));
}

// A sample in a code block is not a link.
function withoutCode(text) {
  const blanked = (match) => match.replace(/[^\n]/g, ' ');
  return text.replace(/^[ ]*(```+|~~~+)[\s\S]*?^[ ]*\1/gm, blanked).replace(/(`+)[^`\n][\s\S]*?\1/g, blanked);
}

function problemOf(page, target) {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return undefined;
  const [path, anchor] = target.split('#', 2).map(decodeURIComponent);
  const file = path === '' ? page : path.startsWith('/') ? join(root, path) : resolve(dirname(page), path);
  if (!existsSync(file)) return 'there is no such file';
  if (!anchor || !file.endsWith('.md') || statSync(file).isDirectory()) return undefined;
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor.toLowerCase())
    ? undefined
    : 'there is no such heading';
}

function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set(
    [...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map(([, id]) => id.toLowerCase()),
  );
  const outsideBlocks = text.replace(/^[ ]*(```+|~~~+)[\s\S]*?^[ ]*\1/gm, '');
  for (const [, heading] of outsideBlocks.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

function undocumented() {
  const [config, page] = ['src/config.ts', 'docs/configuration.md'].map((path) => join(root, path));
  if (!existsSync(config) || !existsSync(page)) return [];
  const code = readFileSync(config, 'utf8');
  const names = new Set(
    [...code.matchAll(/\bname:\s*'([A-Z][A-Z0-9_]*)'|\benv(?:\.|\[['"])([A-Z][A-Z0-9_]*)/g)].map(
      ([, listed, read]) => listed ?? read,
    ),
  );
  if (names.size === 0) return ['src/config.ts: no environment variable was found, so none was checked'];
  const text = readFileSync(page, 'utf8');
  return [...names]
    .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
    .map((name) => `docs/configuration.md does not mention ${name}`);
}
