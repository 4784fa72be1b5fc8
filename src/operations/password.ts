/** The password that a request gives, on its way to the hash that is kept (A6.02). */
import { acceptPassword, type GivenPassword } from '../scim/resource/password.ts';
import type { Context } from './context.ts';

/** A password accepted: a text to be hashed, null to be removed, undefined where there is nothing to do. */
export type Password = string | null | undefined;

/**
 * What the request says of the password in the end; nothing, where the tenant keeps none.
 * @param given in the order in which they apply: each is judged, the last one counts
 * @throws ScimError invalidValue
 */
export function readPassword(
  { passwords, intake }: Context,
  given: readonly (GivenPassword | undefined)[],
): Password {
  if (!passwords) return undefined;
  return given
    .filter((one) => one !== undefined)
    .map((one) => acceptPassword(one, intake))
    .at(-1);
}

/** Hashes it. Takes its time, so that it is done before a transaction begins and not within. */
export async function hashPassword({ passwords }: Context, password: Password): Promise<Password> {
  return typeof password === 'string' ? passwords?.hash(password) : password;
}
