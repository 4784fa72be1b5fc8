/** At most one element is primary (RFC 7643 §2.4). */
import { isObject } from '../resource/document.ts';

/**
 * RFC 7644 §3.5.2: when an operation makes an element primary, the others are primary no longer (B6.07). Elements
 * are known by their place, which no operation that makes one primary changes.
 */
export function onlyPrimary(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  if (after.filter(isPrimary).length < 2) return after;
  const made = after.findLastIndex((element, index) => isPrimary(element) && !isPrimary(before[index]));
  const kept = made < 0 ? after.findIndex(isPrimary) : made;
  return after.map((element, index) =>
    isPrimary(element) && index !== kept ? { ...element, primary: false } : element,
  );
}

function isPrimary(element: unknown): element is Record<string, unknown> {
  return isObject(element) && element['primary'] === true;
}
