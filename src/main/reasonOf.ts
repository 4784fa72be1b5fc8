/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  // Of an attempt on several addresses only the parts say anything.
  if (error instanceof AggregateError && error.errors.length > 0)
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}
