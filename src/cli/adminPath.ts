/** An address of the admin API, of parts that may be any text. */
export function adminPath(...parts: readonly (string | undefined)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part ?? '')}`).join('');
}
