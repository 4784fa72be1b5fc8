/** What a POST does for somebody who is there already. */
import type { ProvisioningSettings } from './settings.ts';

/** A living resource with the userName or an e-mail address of the one to be created. */
export interface Candidate {
  readonly id: string;
  /** Whether the identity provider has never written it. */
  readonly imported: boolean;
  readonly active: boolean;
  readonly by: 'userName' | 'email';
  /** Of the address that both have. */
  readonly emailDomain?: string;
}

export type MatchOnCreate =
  /** Nobody is there: a new user is created. */
  | { readonly kind: 'none' }
  /** The imported user becomes the one that is created. */
  | { readonly kind: 'adopt'; readonly id: string }
  /** The deactivated user comes back as the one that is created. */
  | { readonly kind: 'reactivate'; readonly id: string }
  /** 409; `why` is for the admin of the identity provider. */
  | { readonly kind: 'reject'; readonly id: string; readonly why: string };

/**
 * Decides by the tenant's policy. A userName is unique, so that a candidate of the same one is adopted, reactivated or
 * refused; e-mail addresses are not unique in SCIM, so that one counts only for an imported user, of a domain that the
 * tenant is verified to own, and when there is no doubt who is meant.
 */
export function matchOnCreate(
  { matching, verifiedDomains }: Pick<ProvisioningSettings, 'matching' | 'verifiedDomains'>,
  candidates: readonly Candidate[],
): MatchOnCreate {
  const named = candidates.find(({ by }) => by === 'userName');
  if (named) return byUserName(matching, named);
  const sameAddress = candidates.filter(({ by }) => by === 'email');
  const [first] = sameAddress;
  if (!first || !first.imported || matching.email !== 'adopt') return { kind: 'none' };
  if (sameAddress.some(({ id }) => id !== first.id)) return { kind: 'none' };
  const isVerified = sameAddress.some(
    ({ emailDomain }) => emailDomain !== undefined && verifiedDomains.includes(emailDomain.toLowerCase()),
  );
  return isVerified ? { kind: 'adopt', id: first.id } : { kind: 'none' };
}

function byUserName(
  { userName, deactivated }: ProvisioningSettings['matching'],
  { id, imported, active }: Candidate,
): MatchOnCreate {
  if (imported && userName === 'adopt') return { kind: 'adopt', id };
  if (imported) {
    return reject(
      id,
      `The user ${id}, who was imported, has this "userName"; match users by userName before creating them, or have the matching of imported users set to "adopt".`,
    );
  }
  if (!active && deactivated === 'reactivate') return { kind: 'reactivate', id };
  if (!active) {
    return reject(
      id,
      `The user ${id}, who is deactivated, has this "userName"; set "active" of that user to true instead of creating another, or delete that user first.`,
    );
  }
  return reject(
    id,
    `The user ${id} has this "userName" already; update that user instead, or choose another userName.`,
  );
}

function reject(id: string, why: string): MatchOnCreate {
  return { kind: 'reject', id, why };
}
