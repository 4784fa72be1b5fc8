import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { v7 as uuid } from 'uuid';
import { fold } from './fold.ts';
import { BASE, type Row, userText } from './shape.ts';
import { ACTIVATE, ADD_MEMBERS, CREATE, DEACTIVATE, PUT, REMOVE_MEMBERS } from './writes.ts';

type User = Record<string, unknown> & { readonly userName: string; readonly externalId: string };
type Patch = {
  readonly Operations: readonly { readonly op: string; readonly path?: string; readonly value?: unknown }[];
};
type Bulk = { readonly Operations: readonly { readonly bulkId: string; readonly data: User }[] };
type Item = { Params: { id: string } };

const JSON_TYPE = 'application/scim+json; charset=utf-8';

/** POST, PUT, PATCH and Bulk. */
export function writeRoutes(server: FastifyInstance, pool: pg.Pool): void {
  const run = async (
    name: string,
    text: string,
    request: FastifyRequest,
    values: unknown[],
  ): Promise<Row[]> => {
    const { id, tokenId } = request.tenant;
    return (await pool.query<Row>({ name, text, values: [id, tokenId, request.id, ...values] })).rows;
  };

  server.post<{ Body: User }>('/Users', async (request, reply) => {
    const made = created(request.body);
    await run('create', CREATE, request, [JSON.stringify([made])]);
    const now = new Date().toISOString();
    const attributes = JSON.stringify(made.attributes);
    const row = { id: made.id, attributes, version: 1, created: now, modified: now, related: null };
    return answer(reply.code(201), row);
  });

  server.post<{ Body: Bulk }>('/Bulk', async (request, reply) => {
    const all = request.body.Operations.map(({ bulkId, data }) => ({ bulkId, ...created(data) }));
    await run('create', CREATE, request, [JSON.stringify(all)]);
    reply.header('content-type', JSON_TYPE);
    const done = all.map(
      ({ id, bulkId }) =>
        `{"location":"${BASE}/Users/${id}","method":"POST","bulkId":"${bulkId}","version":"W/\\"1\\"","status":"201"}`,
    );
    return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[${done.join(',')}]}`;
  });

  server.put<Item & { Body: User }>('/Users/:id', async (request, reply) => {
    const { attributes, folded, key, external_id } = created(request.body);
    const values = [
      BASE,
      request.params.id,
      JSON.stringify(attributes),
      JSON.stringify(folded),
      key,
      external_id,
    ];
    const [row] = await run('put', PUT, request, values);
    return row ? answer(reply, row) : reply.code(404).send();
  });

  server.patch<Item & { Body: Patch }>('/Users/:id', async (request, reply) => {
    const active = wantsActive(request.body);
    const values = [BASE, request.params.id];
    const [row] = active
      ? await run('activate', ACTIVATE, request, values)
      : await run('deactivate', DEACTIVATE, request, values);
    return row ? answer(reply, row) : reply.code(404).send();
  });

  server.patch<Item & { Body: Patch }>('/Groups/:id', async (request, reply) => {
    const { id } = request.params;
    const [operation] = request.body.Operations;
    const ids = (operation?.value as { value: string }[] | undefined)?.map(({ value }) => value) ?? [
      // Okta's form: members[value eq "…"]
      operation?.path?.slice('members[value eq "'.length, -2),
    ];
    const [row] =
      operation?.op.toLowerCase() === 'add'
        ? await run('add', ADD_MEMBERS, request, [id, ids])
        : await run('remove', REMOVE_MEMBERS, request, [id, ids]);
    return reply
      .code(204)
      .header('etag', `W/"${row?.version}"`)
      .header('location', `${BASE}/Groups/${id}`)
      .send();
  });
}

function created(body: User) {
  const {
    schemas: _schemas,
    groups: _groups,
    id: _id,
    meta: _meta,
    password: _password,
    ...attributes
  } = body;
  return {
    id: uuid(),
    account_id: uuid(),
    key: body.userName.toLowerCase(),
    external_id: body.externalId,
    attributes,
    folded: fold(attributes),
  };
}

/** Okta says it in an object, Entra ID as the text of a path's value. */
function wantsActive({ Operations: [operation] }: Patch): boolean {
  const value = operation?.value;
  return (
    value === 'True' || (typeof value === 'object' && value !== null && (value as { active: boolean }).active)
  );
}

function answer(reply: FastifyReply, row: Row): string {
  reply
    .header('content-type', JSON_TYPE)
    .header('etag', `W/"${row.version}"`)
    .header('location', `${BASE}/Users/${row.id}`);
  return userText(row);
}
