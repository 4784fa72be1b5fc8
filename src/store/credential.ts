import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * Bearer credentials: `rc_`, 256 random bits as 43 base62 characters, and 6 characters of checksum, so that
 * a mistyped, cut or foreign one is told apart without a database. For secret scanners (B13.03):
 *
 *     \brc_[0-9A-Za-z]{49}\b
 */
const PREFIX = 'rc_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** @returns a new credential, which nobody has seen */
export function mintCredential(): string {
  const secret = PREFIX + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  return secret + checksumOf(secret);
}

/** Whether a text has the form of a credential and the checksum that goes with it. */
export function looksLikeCredential(text: string): boolean {
  if (!SHAPE.test(text)) return false;
  const secret = text.slice(0, -CHECKSUM_LENGTH);
  return checksumOf(secret) === text.slice(-CHECKSUM_LENGTH);
}

/** What is kept of a credential: its SHA-256, in base64. Without salt or stretching, which 256 random bits do not need. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}

function checksumOf(secret: string): string {
  return base62(BigInt(crc32(secret)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
