import t from 'tap';
import { negotiate } from '../../src/http/negotiate.ts';
import { rewriteUrl } from '../../src/http/rewriteUrl.ts';
import type { ScimError } from '../../src/scim/errors.ts';

function answerTo(accept: string | undefined): string | number {
  try {
    return negotiate(accept);
  } catch (error) {
    return (error as ScimError).status;
  }
}

t.test('B1.03 the answer is SCIM unless the client takes application/json alone', async (t) => {
  const scim = 'application/scim+json';
  const json = 'application/json';
  for (const [accept, type] of [
    [undefined, scim],
    ['', scim],
    ['*/*', scim],
    ['application/*', scim],
    [scim, scim],
    [`${scim}; charset=utf-8`, scim],
    [`${json}, ${scim}`, scim],
    [`text/html, ${json};q=0.9, */*;q=0.8`, json],
    [`text/html,application/xhtml+xml,*/*;q=0.8`, scim],
    [json, json],
    ['APPLICATION/JSON', json],
    [`${json};q=0.9, */*;q=0.1`, json],
    [`${scim};q=0, ${json}`, json],
    [`${scim};q=0, */*`, json],
    [`${scim};q=nonsense`, scim],
    ['text/html', 406],
    ['text/html, image/*', 406],
    ['*/*;q=0', 406],
    [',,;;', 406],
  ] as const) {
    t.equal(answerTo(accept), type, String(accept));
    t.equal(answerTo(accept), type, `${accept}, again`);
  }
});

t.test("quirk 55 Entra's flag in the base URL does not break routing", async (t) => {
  for (const [url, meant] of [
    ['/scim/v2/?aadOptscim062020/Users?filter=a', '/scim/v2/Users?filter=a'],
    ['/scim/v2?aadOptscim062020/Users/1', '/scim/v2/Users/1'],
    ['/scim/v2/?AADOPTSCIM062020/Groups', '/scim/v2/Groups'],
    ['/scim/v2/%3FaadOptscim062020/Users', '/scim/v2/Users'],
    ['/scim/v2/Users?aadOptscim062020&filter=a', '/scim/v2/Users?aadOptscim062020&filter=a'],
    [
      '/scim/v2/Users?filter=userName+eq+"aadOptscim062020"',
      '/scim/v2/Users?filter=userName+eq+"aadOptscim062020"',
    ],
  ] as const) {
    t.equal(rewriteUrl(url), meant);
  }
});

t.test('B1.02 without a version the address means v2, and with one it stays', async (t) => {
  for (const [url, meant] of [
    ['/scim/Users', '/scim/v2/Users'],
    ['/scim/Users/v2', '/scim/v2/Users/v2'],
    ['/scim', '/scim/v2'],
    ['/scim/', '/scim/v2/'],
    ['/scim?startIndex=1', '/scim/v2?startIndex=1'],
    ['/scim/v2', '/scim/v2'],
    ['/scim/v2/Users', '/scim/v2/Users'],
    ['/scim//v2//Users', '/scim//v2//Users'],
    ['/scim/v1/Users', '/scim/v1/Users'],
    ['/scim/v2.0/Users', '/scim/v2.0/Users'],
    ['/scimitar/Users', '/scimitar/Users'],
    ['/admin/v1/tenants', '/admin/v1/tenants'],
    ['/', '/'],
  ] as const) {
    t.equal(rewriteUrl(url), meant);
  }
});
