/** Passwords as they are kept: salted and hashed with scrypt (RFC 7914). docs/passwords.md describes the form. */
import { randomBytes, scrypt } from 'node:crypto';

/** One of the equivalent settings that OWASP recommends; the one that needs the least memory, 32 MiB. */
const COST = { ln: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Hashes run on the four threads that also look up host names and read files; one is left for those. */
const MOST_AT_ONCE = 3;

/** Hashes passwords, a few at a time and off the event loop; others wait for their turn. */
export interface PasswordHasher {
  /** @param password prepared by the OpaqueString profile; @returns `$scrypt$ln=…,r=…,p=…$salt$hash` */
  readonly hash: (password: string) => Promise<string>;
}

export function createPasswordHasher(
  atOnce: number = MOST_AT_ONCE,
  run: typeof derive = derive,
): PasswordHasher {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return {
    async hash(password) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await run(password, randomBytes(SALT_BYTES));
      } finally {
        // The next in line takes the place over, so that nobody slips in between.
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}

async function derive(password: string, salt: Buffer): Promise<string> {
  const { ln, r, p } = COST;
  const N = 2 ** ln;
  // Node's own limit is what these settings need, and not a byte more.
  const maxmem = 2 * 128 * N * r;
  const hash = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`;
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
