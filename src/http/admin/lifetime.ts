import { invalidValue } from '../../scim/errors.ts';

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE };
const LONGEST = 1095 * 24 * 60 * MINUTE;

/** What a token gets when nothing else is said. */
export const DEFAULT_LIFETIME = '365d';

/**
 * When a token that is made now ends. Every token ends (RFC 6750 §5.3, B13.03).
 *
 * @param text such as `30m`, `12h` or `365d`.
 */
export function expiryOf(text: string, now: Date): Date {
  const [, amount, unit] = /^([1-9][0-9]{0,7})([mhd])$/.exec(text) ?? [];
  const length = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (length <= LONGEST) return new Date(now.getTime() + length);
  throw invalidValue(
    '"expiresIn" must be a number of minutes, hours or days such as 30m, 12h or 365d, up to 1095d.',
  );
}
