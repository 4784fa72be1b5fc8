import type { FastifyInstance, FastifyReply } from 'fastify';
import type pg from 'pg';
import { READS } from './reads.ts';
import { BASE, groupText, listText, type Row, userText } from './shape.ts';

type Listed = Row & { readonly total: string; readonly seq: string };
type Query = Record<string, string | undefined>;

const JSON_TYPE = 'application/scim+json; charset=utf-8';
const INDEX = '"startIndex":1,';

/** Where a walk by index goes on: by the index, and the tenant. */
const places = new Map<string, string>();

/** GET of one resource and of lists. */
export function readRoutes(server: FastifyInstance, pool: pg.Pool): void {
  const run = async <R extends pg.QueryResultRow = Row>(
    name: keyof typeof READS,
    values: unknown[],
  ): Promise<R[]> => (await pool.query<R>({ name, text: READS[name], values })).rows;

  server.get<{ Params: { id: string } }>('/Users/:id', async (request, reply) => {
    const [row] = await run('userById', [request.tenant.id, BASE, request.params.id]);
    return row ? one(reply, 'Users', row, userText(row)) : reply.code(404).send();
  });

  server.get<{ Params: { id: string }; Querystring: Query }>('/Groups/:id', async (request, reply) => {
    const name = request.query['excludedAttributes'] === 'members' ? 'groupWithoutMembers' : 'groupById';
    const [row] = await run(name, [request.tenant.id, BASE, request.params.id]);
    return row ? one(reply, 'Groups', row, groupText(row)) : reply.code(404).send();
  });

  server.get<{ Querystring: Query }>('/Groups', async (request, reply) => {
    const rows = await run('groupByKey', [
      request.tenant.id,
      BASE,
      quoted(request.query['filter']).toLowerCase(),
    ]);
    reply.header('content-type', JSON_TYPE);
    return listText(rows.map(groupText), rows.length, INDEX);
  });

  server.get<{ Querystring: Query }>('/Users', async (request, reply) => {
    reply.header('content-type', JSON_TYPE);
    const { filter, sortBy, cursor, startIndex } = request.query;
    const { id } = request.tenant;
    const count = Number(request.query['count'] ?? 100);
    if (filter !== undefined) {
      const value = quoted(filter);
      const found = filter.includes(' co ')
        ? await run<Listed>('containing', [id, BASE, `%${value.toLowerCase()}%`])
        : await lookUp(filter, value, id);
      return listText(found.map(userText), found.length, INDEX);
    }
    if (sortBy !== undefined) {
      const rows = await run<Listed>(sortBy === 'userName' ? 'byName' : 'byLastName', [id, BASE, count]);
      return listText(rows.map(userText), rows[0]?.total ?? 0, INDEX);
    }
    if (cursor !== undefined) {
      const rows =
        cursor === ''
          ? await run<Listed>('first', [id, BASE, count + 1])
          : await run<Listed>('beyond', [id, BASE, count + 1, cursor]);
      const page = rows.slice(0, count);
      const previous = cursor === '' ? '' : `"previousCursor":"${page[0]?.seq}",`;
      const next = rows.length > count ? `"nextCursor":"${page.at(-1)?.seq}",` : '';
      return listText(page.map(userText), rows[0]?.total ?? 0, next + previous);
    }
    const index = Number(startIndex ?? 1);
    const place = places.get(`${id} ${index}`);
    const rows =
      index === 1
        ? await run<Listed>('first', [id, BASE, count])
        : place === undefined
          ? await run<Listed>('offset', [id, BASE, count, index - 1])
          : await run<Listed>('beyond', [id, BASE, count, place]);
    const last = rows.at(-1);
    if (last && rows.length === count) places.set(`${id} ${index + count}`, last.seq);
    return listText(rows.map(userText), rows[0]?.total ?? 0, `"startIndex":${index},`);
  });

  function lookUp(filter: string, value: string, tenantId: string): Promise<Row[]> {
    if (filter.startsWith('userName')) return run('byKey', [tenantId, BASE, value.toLowerCase()]);
    if (filter.startsWith('externalId')) return run('byExternalId', [tenantId, BASE, value]);
    const element = JSON.stringify({ emails: [{ type: 'work', value: value.toLowerCase() }] });
    return run('byFolded', [tenantId, BASE, element]);
  }
}

/** The last literal of a filter. */
function quoted(filter = ''): string {
  const end = filter.lastIndexOf('"');
  return filter.slice(filter.lastIndexOf('"', end - 1) + 1, end);
}

function one(reply: FastifyReply, endpoint: string, { id, version }: Row, text: string): string {
  reply
    .header('content-type', JSON_TYPE)
    .header('etag', `W/"${version}"`)
    .header('location', `${BASE}/${endpoint}/${id}`);
  return text;
}
