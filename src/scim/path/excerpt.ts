/**
 * A path for a message, without the texts that its filter compares with: one may be a secret, and messages are kept in
 * the provisioning log (A6.02, B15.04).
 */
export function excerpt(path: string): string {
  const bare = path.replace(/"(?:[^"\\]|\\.)*"?/gs, '"…"');
  return bare.length > 80 ? `${bare.slice(0, 80)}…` : bare;
}
