import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path/posix';

export type Import = { readonly target: string; readonly typeOnly: boolean; readonly line: number };

export type Source = {
  /** Relative to the folder read, with forward slashes: `scim/filter/scan.ts`. */
  readonly path: string;
  readonly lines: number;
  /** The text with comments and the insides of literals blanked; offsets and lines are those of the file. */
  readonly code: string;
  readonly imports: readonly Import[];
};

export function readSources(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(folder, path), 'utf8')));
}

export function parseSource(path: string, text: string): Source {
  const code = blank(text);
  return {
    path,
    code,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(text, code),
  };
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Where a relative import leads, as a path like those of `Source`; a package or builtin is undefined. */
export function resolveImport(from: string, target: string): string | undefined {
  return target.startsWith('.') ? join(from, '..', target) : undefined;
}

/** `@scope/name/deep/file.js` → `@scope/name` */
export function packageOf(target: string): string {
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
}

// The statement is found in the blanked code, the name it imports is read from the text at the same offset.
const statement = /^[ \t]*(?:import|export)(\s+type\b(?!\s*(?:,|from\b)))?[^;'"`()=]*?(['"])/gm;
const call = /\b(?:import|require)\s*\(\s*(['"`])/g;

function importsOf(text: string, code: string): Import[] {
  const found: Import[] = [];
  const add = (match: RegExpExecArray, typeOnly: boolean): void => {
    const start = match.index + match[0].length;
    const target = text.slice(start, code.indexOf(match.at(-1) as string, start));
    found.push({ target, typeOnly, line: lineAt(text, start) });
  };
  for (const match of code.matchAll(statement)) {
    if (/\bfrom\s*['"]$|^\s*import\s*['"]$/.test(match[0])) add(match, match[1] !== undefined);
  }
  for (const match of code.matchAll(call)) add(match, false);
  return found.sort((a, b) => a.line - b.line);
}

// A slash after one of these begins a regular expression; after anything else it divides.
const beforeRegularExpression =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|yield|await|throw|else))$/;

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"|[`{}]|\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\//g;

function blank(text: string): string {
  let result = '';
  let at = 0;
  // For every open brace: whether it is the `${` of a template literal.
  const braces: boolean[] = [];
  const keep = (until: number): void => {
    result += text.slice(at, until);
    at = until;
  };
  const hide = (until: number): void => {
    result += text.slice(at, until).replace(/[^\n]/g, ' ');
    at = until;
  };
  const hideTemplate = (): void => {
    const end = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
    end.lastIndex = at;
    const match = end.exec(text);
    const stop = match ? end.lastIndex : text.length;
    const opens = text.slice(stop - 2, stop) === '${';
    hide(stop - (opens ? 2 : 1));
    keep(stop);
    if (opens) braces.push(true);
  };
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) break;
    const found = match[0];
    keep(match.index);
    if (found === '`') {
      keep(at + 1);
      hideTemplate();
    } else if (found === '{') {
      braces.push(false);
      keep(at + 1);
    } else if (found === '}') {
      keep(at + 1);
      if (braces.pop()) hideTemplate();
    } else if (found.startsWith('//') || found.startsWith('/*')) {
      hide(at + found.length);
    } else if (found.startsWith('/') && !beforeRegularExpression.test(result.trimEnd().slice(-12))) {
      keep(at + 1);
    } else {
      keep(at + 1);
      hide(at + found.length - 2);
      keep(at + 1);
    }
  }
  keep(text.length);
  return result;
}
