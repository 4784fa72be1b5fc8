/** The admin API described by itself: OpenAPI 3.1, made from its routes, and a page to read it. */
import type { FastifyInstance, RouteOptions } from 'fastify';
import { allowOnly } from './allowOnly.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** What a route of the admin API says of itself. */
export interface ApiDescription {
  readonly summary: string;
  /** Of the answer when all is well. */
  readonly status: number;
  readonly body?: JsonSchema;
  readonly query?: Readonly<Record<string, JsonSchema>>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    api?: ApiDescription;
  }
}

interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: string | undefined;
  readonly api: ApiDescription;
}

/** Serves `/documentation` and `/documentation/json`; routes registered afterwards are in them. */
export function documentationRoutes(server: FastifyInstance): void {
  const described: Described[] = [];
  server.addHook('onRoute', (route: RouteOptions) => {
    const { api, operation } = route.config ?? {};
    if (!api || route.method === 'HEAD') return;
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    described.push({ method: String(route.method).toLowerCase(), path, operation, api });
  });
  server.get('/documentation/json', (_request, reply) =>
    reply.type('application/json').send(openApi(described)),
  );
  server.get('/documentation', (_request, reply) =>
    reply
      .header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
      .type('text/html; charset=utf-8')
      .send(page(described)),
  );
  allowOnly(server, '/documentation', ['GET']);
  allowOnly(server, '/documentation/json', ['GET']);
}

function openApi(described: readonly Described[]): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, operation, api } of described) {
    (paths[path] ??= {})[method] = {
      ...(operation ? { operationId: operation } : {}),
      summary: api.summary,
      parameters: [
        ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        ...Object.entries(api.query ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
      ],
      ...(api.body
        ? { requestBody: { required: true, content: { 'application/json': { schema: api.body } } } }
        : {}),
      responses: {
        [api.status]: { description: api.summary },
        default: { description: 'A SCIM error (RFC 7644 §3.12) whose detail says what to do' },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rollcall admin API', version: '1' },
    security: [{ adminToken: [] }],
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN' } },
    },
    paths,
  };
}

function page(described: readonly Described[]): string {
  const rows = described.map(({ method, path, api }) => {
    const body = api.body ? `<pre>${escape(JSON.stringify(api.body['properties'], null, 2))}</pre>` : '';
    return `<tr><td><code>${method.toUpperCase()} ${escape(path)}</code></td><td>${escape(api.summary)}${body}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Rollcall admin API</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ccc;padding:.5rem;vertical-align:top}
pre{background:#f6f6f6;padding:.5rem;overflow:auto;font-size:.85rem}</style>
<h1>Rollcall admin API</h1>
<p>With the admin token as a bearer token. Answers are JSON, errors SCIM errors. As OpenAPI 3.1:
<a href="/documentation/json">/documentation/json</a>. The SCIM endpoints describe themselves below
<code>/scim/v2/Schemas</code>, <code>/ResourceTypes</code> and <code>/ServiceProviderConfig</code>.</p>
<table>${rows.join('\n')}</table></html>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
