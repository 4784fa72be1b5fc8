import t from 'tap';
import { openApp } from '../support/app.ts';
import { clientOf, type Json, resourcesOf, userOf } from './client.ts';

const app = await openApp(t);

t.test('A9.03 B6.09 D4-49 patch, etag, changePassword and authentication are as declared', async (t) => {
  for (const mode of ['tolerant', 'strict'] as const) {
    const client = clientOf(app, (await app.addTenant(`flags-${mode}`, mode)).token);
    const { body: config } = await client.get('/ServiceProviderConfig');
    const user = await client.user('flags');
    const url = `/Users/${user['id'] as string}`;
    const patched = await client.patch(url, [{ op: 'replace', path: 'title', value: 'x' }]);
    t.equal(patched.status, config['patch'].supported ? 200 : 501, `${mode} patch`);
    t.equal(patched.headers['etag'] !== undefined, config['etag'].supported, `${mode} etag`);
    const stale = await client.put(url, userOf('flags'), { 'if-match': 'W/"0"' });
    t.equal(stale.status, config['etag'].supported ? 412 : 200, `${mode} etag`);
    const before = (await client.get(url)).body['meta'].version as string;
    const password = await client.patch(url, [{ op: 'replace', path: 'password', value: 'Xy-12345678' }]);
    t.equal(password.status, 200, `${mode}: a password is taken in any case`);
    t.equal(
      password.headers['etag'] !== before,
      config['changePassword'].supported,
      `${mode} changePassword`,
    );
    const { headers } = await clientOf(app, '').get('/Users');
    for (const scheme of config['authenticationSchemes'] as Json[]) {
      t.equal(scheme['type'], 'oauthbearertoken');
      t.match(headers['www-authenticate'], /^Bearer /);
    }
  }
});

t.test(
  'A9.03 B4.30 B8.08 C1.11 C1.09 B4.41 D4-28 sort, bulk, filter and pagination are as declared, to the number',
  async (t) => {
    const client = clientOf(app, (await app.addTenant('numbers')).token);
    const { body: config } = await client.get('/ServiceProviderConfig');
    const { bulk, filter, pagination, sort } = config as Record<string, Json>;
    const byNothing = await client.get('/Users?sortBy=shoeSize');
    t.equal(byNothing.status, sort?.['supported'] ? 400 : 200, 'sort');
    t.equal(bulk?.['supported'], true, 'bulk');
    t.equal(filter?.['supported'], true, 'filter');
    const maxResults = filter?.['maxResults'] as number;
    const wanted = maxResults + 5;
    for (let made = 0; made < wanted; ) {
      const size = Math.min(bulk?.['maxOperations'] as number, wanted - made);
      const Operations = Array.from({ length: size }, (_, index) => ({
        method: 'POST',
        path: '/Users',
        bulkId: String(index),
        data: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `n-${made + index}` },
      }));
      const answer = await client.post('/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations,
      });
      t.equal(answer.status, 200);
      made += size;
    }
    const largest = await client.get(`/Users?count=${wanted}&attributes=id`);
    t.match(largest.body, { totalResults: wanted, itemsPerPage: maxResults });
    t.equal(resourcesOf(largest.body).length, maxResults);
    t.equal(pagination?.['maxPageSize'], maxResults);
    const cursor = await client.get(`/Users?count=${wanted}&cursor=&attributes=id`);
    t.equal(cursor.status, pagination?.['cursor'] ? 200 : 400);
    t.equal(cursor.body['itemsPerPage'], maxResults);
    t.equal(typeof cursor.body['nextCursor'], 'string');
    const bare = (await client.get('/Users?attributes=id')).body;
    t.equal(
      pagination?.['defaultPaginationMethod'] === 'index',
      bare['startIndex'] === 1 && bare['nextCursor'] === undefined,
    );
    t.equal(bare['itemsPerPage'], pagination?.['defaultPageSize']);
    t.equal(
      (await client.get('/Users?startIndex=2&count=1')).body['startIndex'],
      pagination?.['index'] ? 2 : undefined,
    );
    t.ok(pagination?.['cursorTimeout'] > 0);
  },
);
