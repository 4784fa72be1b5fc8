import type { Actor } from '../provisioning/effect.ts';

/** When, by whom and in which request something is done. */
export interface Origin {
  readonly at: Date;
  readonly actor: Actor;
  readonly tokenId: string | null;
  readonly requestId: string;
}

/** The columns of a row of the feed that say so. */
export function originColumns({ at, actor, tokenId, requestId }: Origin) {
  return { at, actor, token_id: tokenId, request_id: requestId };
}
