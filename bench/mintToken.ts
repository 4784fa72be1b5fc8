import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A credential of a tenant, as the admin API would make it. */
export function mintToken(): string {
  const secret = `rc_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`;
  return secret + base62(BigInt(crc32(secret)), 6);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
