import { ScimError } from '../scim/errors.ts';

/**
 * The 401 for what was sent as Authorization (RFC 6750 §3). The error code is left out for a client that
 * tried no token: it then learns the scheme and nothing else.
 */
export function challenge(authorization: string, realm: string, absent: string, wrong: string): ScimError {
  const sent = authorization.trim();
  const tried = /^bearer\s+\S/i.test(sent) || /^(?!bearer$)\S+$/i.test(sent);
  return new ScimError(401, undefined, tried ? wrong : absent, {
    'WWW-Authenticate': `Bearer realm="${realm}"${tried ? ', error="invalid_token"' : ''}`,
  });
}
