/** What a cursor says (RFC 9865): where a page ended, of which list, and until when that holds. */
import { ScimError } from '../errors.ts';
import type { Query } from './query.ts';

/** Seconds for which a cursor is valid; published as `cursorTimeout`. */
export const CURSOR_TIMEOUT = 3600;

/** The place of a resource in a list: by the value it is sorted by, if the list is sorted, and by insertion. */
export interface Place {
  readonly value: string | null;
  readonly seq: string;
}

export interface Cursor {
  readonly direction: 'after' | 'before';
  readonly place: Place;
}

/** Makes text that only this installation can read, and reads it; bound to an owner. */
export interface Sealer {
  seal(text: string, owner: string): string;
  /** @returns undefined for what was not sealed here, or for another owner */
  open(sealed: string, owner: string): string | undefined;
  /** A short digest of a text. */
  digest(text: string): string;
}

/** Who walks through what: a cursor is good for nothing else (C1.04, C1.12). */
export interface Walk {
  readonly owner: string;
  readonly endpoint: string;
  readonly query: Query;
}

/** The cursor as a client is given it: no state is kept for it. */
export function sealCursor(sealer: Sealer, walk: Walk, cursor: Cursor, now: Date): string {
  const { direction, place } = cursor;
  const issued = Math.floor(now.getTime() / 1000);
  const content = [digestOf(sealer, walk), walk.query.count, issued, direction, place.seq, place.value];
  return sealer.seal(JSON.stringify(content), walk.owner);
}

/**
 * Reads a cursor that a client gives back. All that is wrong with it is told in the same words, so that nothing is
 * learnt from trying (C1.12).
 * @throws ScimError invalidCursor, expiredCursor, invalidCount (C1.06)
 */
export function openCursor(sealer: Sealer, walk: Walk, sealed: string, now: Date): Cursor {
  const opened = sealer.open(sealed, walk.owner);
  const content = opened === undefined ? [] : (JSON.parse(opened) as readonly unknown[]);
  const [digest, count, issued, direction, seq, value] = content;
  if (digest !== digestOf(sealer, walk)) {
    throw new ScimError(
      400,
      'invalidCursor',
      'The cursor does not belong to this request; start again without it.',
    );
  }
  if (now.getTime() / 1000 - Number(issued) > CURSOR_TIMEOUT) {
    throw new ScimError(400, 'expiredCursor', 'The cursor is too old; start again without it.');
  }
  if (count !== walk.query.count) {
    throw new ScimError(400, 'invalidCount', 'The count must be the same for every page of a list.');
  }
  return {
    direction: direction === 'before' ? 'before' : 'after',
    place: { seq: String(seq), value: typeof value === 'string' ? value : null },
  };
}

function digestOf(sealer: Sealer, { endpoint, query }: Walk): string {
  const { filter, sortBy, descending, attributes, excludedAttributes } = query;
  return sealer.digest(
    JSON.stringify([endpoint, filter, sortBy, descending, attributes, excludedAttributes]),
  );
}
