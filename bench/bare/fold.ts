/** What has a column of its own and is looked for there. */
const COLUMNS = new Set(['externalId', 'active']);

/** What Rollcall keeps of a user beside the document: names in lower case, values as they are compared. */
export function fold(document: object): unknown {
  return lower(Object.fromEntries(Object.entries(document).filter(([name]) => !COLUMNS.has(name))));
}

function lower(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(lower);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), lower(inner)]));
}
