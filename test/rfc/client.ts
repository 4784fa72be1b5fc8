/** A SCIM client for the tests of the standard: one tenant's token, JSON in and out. */
import type { TestApp } from '../support/app.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';
export const LIST_RESPONSE = `${MESSAGES}:ListResponse`;
export const SEARCH_REQUEST = `${MESSAGES}:SearchRequest`;
export const PATCH_OP = `${MESSAGES}:PatchOp`;
export const BULK_REQUEST = `${MESSAGES}:BulkRequest`;
export const BULK_RESPONSE = `${MESSAGES}:BulkResponse`;
export const ERROR = `${MESSAGES}:Error`;

/** A JSON object of an answer. Read freely: what is not there is undefined, and the assertion says so. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are judged, not trusted
export type Json = Record<string, any>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as an object; empty when there is none. */
  readonly body: Json;
  readonly text: string;
}

type Headers = Readonly<Record<string, string>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

export interface Client {
  readonly token: string;
  readonly send: (method: Method, url: string, body?: unknown, headers?: Headers) => Promise<Answer>;
  readonly get: (url: string, headers?: Headers) => Promise<Answer>;
  readonly post: (url: string, body: unknown, headers?: Headers) => Promise<Answer>;
  readonly put: (url: string, body: unknown, headers?: Headers) => Promise<Answer>;
  /** Sends a PatchOp with these operations. */
  readonly patch: (url: string, operations: readonly unknown[], headers?: Headers) => Promise<Answer>;
  readonly remove: (url: string, headers?: Headers) => Promise<Answer>;
  /** Lists with a filter. */
  readonly find: (url: string, filter: string) => Promise<Answer>;
  /** Creates a user and gives what was answered; fails the test if it was not created. */
  readonly user: (userName: string, more?: object) => Promise<Json>;
  readonly group: (displayName: string, memberIds?: readonly string[]) => Promise<Json>;
}

/** @param token of the tenant to speak for; an empty one sends none */
export function clientOf(app: TestApp, token: string = app.token): Client {
  const send: Client['send'] = async (method, url, body, headers) => {
    const answer = await app.server.inject({
      method,
      url: `/scim/v2${url}`,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = answer.body;
    return {
      status: answer.statusCode,
      headers: answer.headers as Answer['headers'],
      body: text === '' ? {} : (JSON.parse(text) as Json),
      text,
    };
  };
  const made = async (url: string, body: object): Promise<Json> => {
    const answer = await send('POST', url, body);
    if (answer.status !== 201) throw new Error(`not created: ${answer.text}`);
    return answer.body;
  };
  return {
    token,
    send,
    get: (url, headers) => send('GET', url, undefined, headers),
    post: (url, body, headers) => send('POST', url, body, headers),
    put: (url, body, headers) => send('PUT', url, body, headers),
    patch: (url, operations, headers) =>
      send('PATCH', url, { schemas: [PATCH_OP], Operations: operations }, headers),
    remove: (url, headers) => send('DELETE', url, undefined, headers),
    find: (url, filter) => send('GET', `${url}?filter=${encodeURIComponent(filter)}`),
    user: (userName, more = {}) => made('/Users', userOf(userName, more)),
    group: (displayName, memberIds = []) => made('/Groups', groupOf(displayName, memberIds)),
  };
}

/** The body of a user. */
export function userOf(userName: string, more: object = {}): Json {
  const extended = ENTERPRISE in more ? [ENTERPRISE] : [];
  return { schemas: [USER, ...extended], userName, ...more };
}

/** The body of a group. */
export function groupOf(displayName: string, memberIds: readonly string[] = []): Json {
  const members = memberIds.map((value) => ({ value }));
  return { schemas: [GROUP], displayName, ...(members.length > 0 ? { members } : {}) };
}

/** What every error looks like (RFC 7644 §3.12), for t.match; `scimType` is compared exactly, also its absence. */
export function refused(answer: Answer, status: number, scimType?: string): string {
  const { body, headers } = answer;
  const expected = `${status} ${scimType ?? 'no scimType'}`;
  const faults = [
    headers['content-type'] === 'application/scim+json; charset=utf-8' ? '' : 'content-type',
    JSON.stringify(body['schemas']) === JSON.stringify([ERROR]) ? '' : 'schemas',
    body['status'] === String(answer.status) ? '' : 'status in the body',
    /^.{10,500} \[request [0-9a-f-]{36}\]$/s.test(String(body['detail'])) ? '' : 'detail',
  ].filter(Boolean);
  const found = `${answer.status} ${(body['scimType'] as string | undefined) ?? 'no scimType'}`;
  if (found !== expected) return `${found} instead of ${expected}: ${answer.text.slice(0, 300)}`;
  return faults.length === 0 ? '' : `wrong in form (${faults.join(', ')}): ${answer.text.slice(0, 300)}`;
}

/** The userNames of a list, in its order. */
export function userNames({ body }: Answer): string[] {
  return resourcesOf(body).map((resource) => resource['userName'] as string);
}

/** The ids of a list, in its order. */
export function idsOf({ body }: Answer): string[] {
  return resourcesOf(body).map((resource) => resource['id'] as string);
}

/** The resources of a list response. */
export function resourcesOf(body: Json): Json[] {
  return (body['Resources'] as Json[] | undefined) ?? [];
}

/** In one order, for lists whose order means nothing. */
export function sorted<T>(values: readonly T[]): T[] {
  return [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
