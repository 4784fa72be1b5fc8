import t from 'tap';
import { openApp } from '../support/app.ts';

t.test('the admin API is described by OpenAPI, every route of it', async (t) => {
  const { server } = await openApp(t);
  const answer = await server.inject({ url: '/documentation/json' });
  t.equal(answer.statusCode, 200);
  const { openapi, paths } = answer.json<{
    openapi: string;
    paths: Record<string, Record<string, { requestBody?: unknown }>>;
  }>();
  t.match(openapi, /^3\.1/);
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  t.same(described.toSorted(), [
    'delete /admin/v1/tenants/{slug}/accounts/{id}',
    'delete /admin/v1/tenants/{slug}/links/{group}',
    'delete /admin/v1/tenants/{slug}/links/{group}/{organization}',
    'delete /admin/v1/tenants/{slug}/resource-types/{name}',
    'delete /admin/v1/tenants/{slug}/schemas/{id}',
    'delete /admin/v1/tenants/{slug}/tokens/{id}',
    'get /admin/v1/doctor',
    'get /admin/v1/tenants',
    'get /admin/v1/tenants/{slug}',
    'get /admin/v1/tenants/{slug}/accounts',
    'get /admin/v1/tenants/{slug}/accounts/{id}',
    'get /admin/v1/tenants/{slug}/changes',
    'get /admin/v1/tenants/{slug}/exchanges',
    'get /admin/v1/tenants/{slug}/holds',
    'get /admin/v1/tenants/{slug}/holds/{id}',
    'get /admin/v1/tenants/{slug}/links',
    'get /admin/v1/tenants/{slug}/organizations',
    'get /admin/v1/tenants/{slug}/organizations/{id}',
    'get /admin/v1/tenants/{slug}/organizations/{id}/members',
    'get /admin/v1/tenants/{slug}/preflight',
    'get /admin/v1/tenants/{slug}/provisioning',
    'get /admin/v1/tenants/{slug}/resource-types',
    'get /admin/v1/tenants/{slug}/resource-types/{name}',
    'get /admin/v1/tenants/{slug}/schemas',
    'get /admin/v1/tenants/{slug}/schemas/{id}',
    'get /admin/v1/tenants/{slug}/tokens',
    'get /admin/v1/tenants/{slug}/undeclared',
    'patch /admin/v1/tenants/{slug}',
    'patch /admin/v1/tenants/{slug}/accounts/{id}',
    'patch /admin/v1/tenants/{slug}/organizations/{id}',
    'patch /admin/v1/tenants/{slug}/provisioning',
    'post /admin/v1/tenants',
    'post /admin/v1/tenants/{slug}/holds/{id}/approve',
    'post /admin/v1/tenants/{slug}/holds/{id}/reject',
    'post /admin/v1/tenants/{slug}/import',
    'post /admin/v1/tenants/{slug}/organizations',
    'post /admin/v1/tenants/{slug}/pause',
    'post /admin/v1/tenants/{slug}/preflight',
    'post /admin/v1/tenants/{slug}/resume',
    'post /admin/v1/tenants/{slug}/tokens',
    'put /admin/v1/tenants/{slug}/links/{group}/{organization}',
    'put /admin/v1/tenants/{slug}/resource-types/{name}',
    'put /admin/v1/tenants/{slug}/schemas/{id}',
  ]);
  t.match(paths['/admin/v1/tenants']?.['post']?.requestBody, {
    content: {
      'application/json': {
        schema: { required: ['slug', 'name'], properties: { slug: { type: 'string' } } },
      },
    },
  });
});

t.test('the page of the admin API needs no script and loads nothing', async (t) => {
  const { server } = await openApp(t);
  const answer = await server.inject({ url: '/documentation' });
  t.match(answer.headers, { 'content-type': /text\/html/, 'content-security-policy': /default-src 'none'/ });
  t.match(answer.body, /POST \/admin\/v1\/tenants\/\{slug\}\/tokens/);
  t.notMatch(answer.body, /<script|src=/);
});
