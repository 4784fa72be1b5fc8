/** What Rollcall keeps of a user beside the document: names in lower case, values as they are compared. */
export function fold(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'externalid' ? value : value.toLowerCase();
  if (Array.isArray(value)) return value.map((element) => fold(element, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toLowerCase(), fold(inner, name.toLowerCase())]),
  );
}
