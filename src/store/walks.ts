/** Where clients that walk through a list by startIndex will go on, so that the end costs what the beginning does. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Place } from '../scim/list/cursor.ts';

export interface Walks {
  /** The place before which `startIndex` lies, if a page of the same list has just ended there. */
  find(list: unknown, startIndex: number): Place | undefined;
  remember(list: unknown, startIndex: number, place: Place): void;
}

/** A client that pauses longer than this is searched for its place again. */
const REMEMBER_MS = 120_000;

/**
 * Remembers the ends of pages, in this process: another server does not know them and counts its way to the page, which
 * gives the same rows.
 * @param max places remembered; each is some hundred bytes
 */
export function createWalks(max = 5_000): Walks {
  const places = new LRUCache<string, Place>({ max, ttl: REMEMBER_MS });
  const keyOf = (list: unknown, startIndex: number): string =>
    createHash('sha256')
      .update(JSON.stringify([list, startIndex]))
      .digest('base64url');
  return {
    find: (list, startIndex) => places.get(keyOf(list, startIndex)),
    remember: (list, startIndex, place) => void places.set(keyOf(list, startIndex), place),
  };
}
