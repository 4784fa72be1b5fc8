/** What would become of a person when the identity provider creates them. Pure decisions. */
import { type Candidate, matchOnCreate } from './matching.ts';
import type { ProvisioningSettings } from './settings.ts';

/** Somebody who is there. */
export interface Resident {
  readonly accountId: string | null;
  readonly resourceId: string;
  readonly userName: string | null;
  readonly imported: boolean;
  readonly active: boolean;
}

/** Who is there already for a line of the provider's list. */
export interface Residents {
  readonly userName: Resident | undefined;
  readonly externalId: Resident | undefined;
  /** Living people of the same address; two are enough to be in doubt. */
  readonly email: readonly Resident[];
  /** The account of somebody who was deleted, of the same userName or externalId. */
  readonly gone: Resident | undefined;
}

export type Verdict =
  | {
      readonly kind: 'matched';
      readonly by: 'userName' | 'externalId' | 'email' | 'return';
      readonly resident: Resident;
    }
  /** Created, though somebody has the same address. */
  | { readonly kind: 'doubled'; readonly reason: string }
  /** Refused with 409. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly resident?: Resident }
  | { readonly kind: 'new' };

type Policy = Pick<ProvisioningSettings, 'matching' | 'verifiedDomains'>;

/** A provider that looks for the person first finds them by userName or externalId; one that does not is matched on create. */
export function preflight(policy: Policy, email: string | null, residents: Residents): Verdict {
  const { userName, externalId, gone } = residents;
  if (userName) {
    if (!userName.imported) return { kind: 'matched', by: 'userName', resident: userName };
    const match = matchOnCreate(policy, [candidate(userName, 'userName', email)]);
    return match.kind === 'reject'
      ? { kind: 'rejected', reason: match.why, resident: userName }
      : { kind: 'matched', by: 'userName', resident: userName };
  }
  if (externalId) return { kind: 'matched', by: 'externalId', resident: externalId };
  const match = matchOnCreate(
    policy,
    residents.email.map((resident) => candidate(resident, 'email', email)),
  );
  const adopted = match.kind === 'adopt' && residents.email.find(({ resourceId }) => resourceId === match.id);
  if (adopted) return { kind: 'matched', by: 'email', resident: adopted };
  if (gone) return { kind: 'matched', by: 'return', resident: gone };
  if (residents.email.length === 0) return { kind: 'new' };
  return { kind: 'doubled', reason: whyDoubled(policy, email, residents.email) };
}

function candidate(
  { resourceId, imported, active }: Resident,
  by: Candidate['by'],
  email: string | null,
): Candidate {
  const domain = domainOf(email);
  return { id: resourceId, imported, active, by, ...(domain === undefined ? {} : { emailDomain: domain }) };
}

function domainOf(email: string | null): string | undefined {
  return email === null || !email.includes('@') ? undefined : email.slice(email.lastIndexOf('@') + 1);
}

function whyDoubled(
  { matching }: Policy,
  email: string | null,
  [first, ...more]: readonly Resident[],
): string {
  const whose = `${JSON.stringify(first?.userName)} has the address ${JSON.stringify(email)}`;
  if (more.length > 0) return `${whose}, and so have others: give each an address of its own.`;
  if (first?.imported === false) return `${whose}, whom the identity provider manages already.`;
  if (matching.email !== 'adopt')
    return `${whose}: give both the same userName, or have accounts matched by e-mail.`;
  return `${whose}, and "${domainOf(email)}" is no verified domain: give both the same userName, or verify the domain.`;
}
