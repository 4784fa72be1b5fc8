/** Asks a server as an identity provider does, over the network. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export interface ScimClient {
  /** @param path below `/scim/v2` */
  readonly scim: (method: string, path: string, body?: object) => Promise<Answered>;
}

/** @param token of a tenant */
export function scimClient(url: string, token: string): ScimClient {
  return { scim: (method, path, body) => askJson(`${url}/scim/v2${path}`, token, method, body) };
}

/** @returns the answer, with its body as JSON if it is that, or as text */
export async function askJson(
  url: string,
  token: string,
  method: string,
  body?: object | string,
): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}
