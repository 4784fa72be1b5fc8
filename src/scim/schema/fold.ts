/** Strings as they are compared (RFC 7643 §2.2 caseExact, RFC 7644 §5, RFC 8265). */

const ASCII = /^[\x00-\x7f]*$/;
// RFC 8264 §4.2.2: letters, digits and marks of any script, and the printable ASCII characters but space.
const IDENTIFIER = /^[\x21-\x7e\p{L}\p{M}\p{Nd}]+$/u;
const WIDTH_VARIANTS = /[\u3000\uff01-\uffee]/gu;

/**
 * The form in which caseExact=false strings are compared: NFC and full Unicode case folding, the same in every
 * locale (B14.03). Lower, upper, lower is what JavaScript offers for folding: the upper-case step spells out
 * `ß` as `ss`, the first one is for `ẞ`, which has no upper case. Final sigma and dotless i need a hand.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFC')
    .toLowerCase()
    .split('ı')
    .map((part) => part.toUpperCase().toLowerCase())
    .join('ı')
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

/**
 * The form in which userNames are compared and kept unique: UsernameCaseMapped (RFC 8265 §3.3): width mapping,
 * lower case, NFC.
 * @returns undefined when the text is no username in the sense of that profile, e.g. for its spaces
 */
export function usernameCaseMapped(text: string): string | undefined {
  if (ASCII.test(text)) return IDENTIFIER.test(text) ? text.toLowerCase() : undefined;
  const mapped = text
    .replace(WIDTH_VARIANTS, (character) => character.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFC');
  return IDENTIFIER.test(mapped) ? mapped : undefined;
}

/**
 * The key of a userName: UsernameCaseMapped where it applies; for the names with spaces or symbols that
 * identity providers do send, NFKC and case folding (B14.02).
 */
export function userNameKey(text: string): string {
  return usernameCaseMapped(text) ?? fold(text.normalize('NFKC'));
}
