import type { Origin } from '../store/origin.ts';
import type { SettlingContext } from './context.ts';

/** What the feed says of where a change comes from that this request makes. */
export function originOf({ actor, tokenId, requestId }: SettlingContext, at: Date): Origin {
  return { at, actor, tokenId, requestId };
}
