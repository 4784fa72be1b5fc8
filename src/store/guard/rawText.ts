import { SCHEMA, TENANT_TABLES } from './guardedTables.ts';
import { TenantGuardError } from './tenantGuardError.ts';

/** Stands in the text for a node that is not text; that node is checked for itself. */
export const PLACEHOLDER = '\u0001';

/** `rollcall` holds the views over tenant tables. */
const SCHEMAS: ReadonlySet<string> = new Set([SCHEMA, 'rollcall']);

/** What runs SQL given as a string, which cannot be read here, or changes what a name means. */
const RUNS_TEXT =
  /^(?:execute|prepare|search_path|ts_stat|ts_rewrite|connectby|crosstab\w*|dblink\w*|(?:query|cursor|table|schema|database)_to_xml\w*)$/;

/**
 * Words that begin another part of a statement. In a fragment, outside parentheses, they would end the
 * condition or the source it stands in; `or` would make the tenant predicate beside it optional.
 */
const STRUCTURE: ReadonlySet<string> = new Set(
  'or select from where join on using union intersect except having limit offset returning into table window'.split(
    ' ',
  ),
);

/** How a raw statement may begin. Others (DO, COPY, SET, DDL …) are for the pool. */
const STATEMENTS: ReadonlySet<string> = new Set(
  'select with values insert update delete explain show notify begin start commit rollback savepoint release'.split(
    ' ',
  ),
);

const OPENS: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['end', 'case'],
]);

/** What hides text from the server or from this reader. */
const HIDES: ReadonlySet<string> = new Set(['--', '/*', '*/', ';', '\\', '$', "'", '"']);

/** A quoted string or name, a word, a parameter, a comment mark, or one character that may matter. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\$\d+|--|\/\*|\*\/|[^\s\d,.:=<>+*%/|?!@#~^-]/g;

/** Beside a quote or a value these change its meaning: E'\'', U&"\0072", $1 before a digit. */
const STICKS = /[\w$&\\"'\u0080-\uffff]/;

/** Whether an unquoted name is that of a tenant table or a schema of ours, or runs text as SQL. */
export function isForbiddenName(name: string): boolean {
  const lower = name.toLowerCase();
  return TENANT_TABLES.has(lower) || SCHEMAS.has(lower) || RUNS_TEXT.test(lower);
}

/**
 * Refuses SQL text that names a tenant table, that could hide such a name from this reader, or that, as a
 * fragment, would reach beyond its own place in the statement.
 *
 * @param text the text of a RawNode, nested ones joined in, PLACEHOLDER for every other node
 * @param place whether it is a `fragment` of a statement that the query builder prints, or all of it
 * @throws TenantGuardError
 */
export function checkRawText(text: string, place: 'statement' | 'fragment'): void {
  if (text === PLACEHOLDER || text === '') return;
  if (place === 'statement') {
    const verb = /^[\s(]*([a-z]+)/i.exec(text)?.[1]?.toLowerCase();
    if (verb !== undefined && !STATEMENTS.has(verb))
      refuse(text, `begins with ${verb}, which the pool is for`);
  }
  const open: string[] = [];
  /** By depth: how many BETWEEN still want their AND, which would otherwise swallow the next condition. */
  const between: number[] = [0];
  let previous = '';
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    const word = token.toLowerCase();
    if (isForbiddenName(word)) refuse(text, `mentions ${token}`);
    if (HIDES.has(word)) refuse(text, `contains ${token}`);
    if (word === PLACEHOLDER || ((word[0] === "'" || word[0] === '"') && word.length > 1))
      checkOpaque(text, token, match.index);
    else if (place === 'fragment') {
      if (word === '(' || word === '[' || word === 'case') {
        open.push(word);
        between.push(0);
      } else if (OPENS.has(word)) {
        if (open.pop() !== OPENS.get(word) || between.pop() !== 0)
          refuse(text, `is not balanced at ${token}`);
      } else if (word === 'between') between[open.length] = (between[open.length] ?? 0) + 1;
      else if (word === 'and') between[open.length] = Math.max(0, (between[open.length] ?? 0) - 1);
      else if (open.length === 0 && STRUCTURE.has(word) && !(word === 'from' && previous === 'distinct'))
        refuse(text, `has ${token} outside parentheses; put parentheses around the fragment`);
    }
    previous = word;
  }
  if (open.length > 0 || between[0] !== 0) refuse(text, 'is not balanced at its end');
}

/** A quoted token, or the place of a node: what it touches and what it holds. */
function checkOpaque(text: string, token: string, index: number): void {
  if (STICKS.test(text[index - 1] ?? '')) refuse(text, 'has a word right before a quote or value');
  if (token === PLACEHOLDER) {
    if (STICKS.test(text[index + 1] ?? '')) refuse(text, 'has a word right after a value');
  } else if (token.includes(PLACEHOLDER)) refuse(text, 'has a value inside quotes');
  else if (
    token.startsWith('"') ? isForbiddenName(token.slice(1, -1)) : /rollcall_data|search_path/i.test(token)
  )
    refuse(text, `mentions ${token}`);
}

function refuse(text: string, why: string): never {
  const shown = text.replaceAll(PLACEHOLDER, '?').slice(0, 200);
  throw new TenantGuardError(
    `Raw SQL ${why}. Tables are named through the query builder only. It reads: ${shown}`,
  );
}
