import type { ChangeKind } from '../provisioning/effect.ts';
import type { Cause } from '../store/writeResources.ts';
import type { Context } from './context.ts';

/** What the feed says of a change that this request makes now. */
export function causeOf(context: Context, kind: ChangeKind, paths: readonly string[], at: Date): Cause {
  return { at, kind, paths, tokenId: context.tokenId, requestId: context.requestId };
}
