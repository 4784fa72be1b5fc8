import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An index that the migrations make, and the statement that makes it; none where it belongs to a constraint. */
export interface ExpectedIndex {
  readonly name: string;
  readonly sql: string | undefined;
}

const COMMENT = /--[^\n]*/g;
const STATEMENT =
  /create (?:unlogged )?table (?:if not exists )?rollcall_data\.(\w+) \(([^]*?)\n\)[^;]*;|create (?:unique )?index (\w+) on rollcall_data\.[^;]*;|drop index (?:if exists )?rollcall_data\.(\w+);|drop table (?:if exists )?rollcall_data\.(\w+);/gi;

/**
 * Reads from the migrations which indexes there are when all are applied: the one place that says so. It knows the forms that
 * the migrations use; a test compares it with what a database has after them.
 *
 * @param folder of the migrations
 */
export function expectedIndexes(folder: string): readonly ExpectedIndex[] {
  const found = new Map<string, { readonly table: string; readonly sql: string | undefined }>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll(COMMENT, '');
    for (const [sql, table, body, index, dropped, droppedTable] of text.matchAll(STATEMENT)) {
      if (table !== undefined)
        for (const name of ofConstraints(table, body ?? '')) found.set(name, { table, sql: undefined });
      else if (index !== undefined)
        found.set(index, { table: /on rollcall_data\.(\w+)/.exec(sql)?.[1] ?? '', sql: again(sql) });
      else if (dropped !== undefined) found.delete(dropped);
      else for (const [name, made] of found) if (made.table === droppedTable) found.delete(name);
    }
  }
  // The bookkeeping of migrations is made before the first of them.
  found.set('migrations_pkey', { table: 'migrations', sql: undefined });
  return [...found].map(([name, { sql }]) => ({ name, sql }));
}

function ofConstraints(table: string, body: string): readonly string[] {
  const unique = [...body.matchAll(/^\s*(\w+) [^\n]*\bunique\b/gim)].map(
    ([, column]) => `${table}_${column}_key`,
  );
  return /\bprimary key\b/i.test(body) ? [`${table}_pkey`, ...unique] : unique;
}

/** Without keeping anybody from writing meanwhile. */
function again(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/ index /i, ' index concurrently ');
}
