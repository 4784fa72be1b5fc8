const FLAG = 'aadoptscim062020';

/**
 * The address that is meant, where the base URL was entered in a way that clients build on wrongly. Used
 * before routing, so it is quick for what needs nothing.
 */
export function rewriteUrl(url: string): string {
  if (!url.startsWith('/scim')) return url;
  // Entra's feature flag is entered as a part of the base URL: …/scim/v2/?aadOptscim062020/Users?filter=…
  const flagged = url.toLowerCase().includes(FLAG);
  const plain = flagged ? url.replace(/\/*(?:\?|%3f)aadoptscim062020(?=\/)/i, '') : url;
  // RFC 7644 §3.13: without a version, the most recent is served.
  return plain.replace(
    /^\/scim(?=\/*(?:$|\?))|^\/scim(?=\/+(?!\/|v[0-9]+(?:\.[0-9]+)*(?:$|[/?])))/,
    '/scim/v2',
  );
}
