/** What an imported line means, given what is there already. Pure decisions. */
import { type Document, equal } from '../scim/resource/document.ts';
import type { Reason } from './effect.ts';

/** An account as far as an import is concerned. */
export interface KnownAccount {
  readonly id: string;
  readonly active: boolean;
  readonly reason: Reason | null;
  readonly applicationId: string | null;
}

/** A living resource of the line's userName. */
export interface Living {
  readonly id: string;
  readonly version: number;
  /** Whether no identity provider has written it so far. */
  readonly imported: boolean;
  readonly document: Document;
  /** Null where the tenant does not admit the person. */
  readonly account: KnownAccount | null;
}

/** What a resource of the line's userName has left behind. */
export interface Gone {
  readonly document: Document;
  readonly account: KnownAccount;
}

interface Line {
  readonly document: Document;
  readonly applicationId: string | undefined;
}

/** What there is for a line. */
export interface Found {
  readonly living: Living | undefined;
  readonly gone: Gone | undefined;
  /** Whose the line's applicationId is: an account's id, or that of an earlier line. */
  readonly owner: { readonly account: string; readonly userName: string | null } | undefined;
}

export type Conflict =
  /** The identity provider looks after the person by now. */
  | { readonly kind: 'managed'; readonly resourceId: string }
  /** The applicationId is somebody else's. */
  | { readonly kind: 'applicationId'; readonly userName: string | null }
  /** The person has been removed, and that waits for a decision. */
  | { readonly kind: 'held' };

export type ImportDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'return'; readonly gone: Gone }
  | { readonly kind: 'update'; readonly living: Living }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'conflict'; readonly conflict: Conflict };

/** An import is the truth about whoever came by import, and says nothing about anybody else. */
export function decideImport(line: Line, { living, gone, owner }: Found): ImportDecision {
  if (living && !living.imported) return conflict({ kind: 'managed', resourceId: living.id });
  const account = living ? living.account : gone?.account;
  if (owner && owner.account !== account?.id)
    return conflict({ kind: 'applicationId', userName: owner.userName });
  if (living) {
    const keepsId =
      line.applicationId === undefined || !account || line.applicationId === account.applicationId;
    const isSame = keepsId && equal(living.document, line.document);
    return isSame ? { kind: 'unchanged' } : { kind: 'update', living };
  }
  if (!gone) return { kind: 'create' };
  return gone.account.reason === 'deprovisioned' ? { kind: 'return', gone } : conflict({ kind: 'held' });
}

function conflict(found: Conflict): ImportDecision {
  return { kind: 'conflict', conflict: found };
}
