import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { announce } from './announce.ts';
import type { Connection } from './connection.ts';
import { digestOf, looksLikeCredential, mintCredential } from './credential.ts';
import { retrying } from './errors.ts';
import { type Tenant, toTenant } from './tenant.ts';
import type { Token } from './token.ts';
import { uuidOf } from './where/uuid.ts';

/** Whom a credential speaks for. */
interface Authenticated {
  readonly tenant: Tenant;
  readonly token: Pick<Token, 'id' | 'name' | 'expiresAt'>;
  /** How often the tenant's schemas have changed. */
  readonly schemasVersion: number;
}

interface NewToken extends Pick<Token, 'id' | 'name' | 'expiresAt'> {
  readonly tenantId: string;
  readonly now: Date;
}

export interface TokenStore {
  /** @returns the token with its text, which is given this once and never again */
  create(token: NewToken): Promise<Token & { readonly token: string }>;
  /** A tenant's tokens, revoked ones included, oldest first. */
  list(tenantId: string): Promise<readonly Token[]>;
  /** @returns whether the tenant has such a token, revoked before or not; any text may be given as id */
  revoke(tenantId: string, id: string, now: Date): Promise<boolean>;
  /**
   * Finds whom a credential speaks for.
   *
   * @returns undefined for one that is unknown, revoked, expired, or of a suspended tenant
   * @throws what the driver throws when the database is away: no answer is not a refusal
   */
  authenticate(text: string, now: Date): Promise<Authenticated | undefined>;
  /** Drops what is remembered of a tenant, which has changed. */
  forget(tenantId: string): void;
  /** Drops all that is remembered, when anything may have changed. */
  forgetAll(): void;
}

interface Remembered extends Authenticated {
  readonly since: number;
}

/** Credentials remembered. A server has few; each is some hundred bytes. */
const MAX_REMEMBERED = 10_000;
/** How long another server's revocation may go unnoticed here, where it is not heard of at once (`listen.ts`). */
const REMEMBER_MS = 3_000;

/**
 * The tokens of all tenants (B13.03). A token found valid is remembered for three seconds by its digest, so
 * that a client's burst costs one look-up; a refusal is never remembered, so that a new token works at once. The seconds
 * are counted by two clocks, since either may stand still or be set back.
 */
export function tokenStore({ db }: Connection): TokenStore {
  const remembered = new LRUCache<string, Remembered>({
    max: MAX_REMEMBERED,
    ttl: REMEMBER_MS,
    ttlResolution: 0,
  });
  // A look-up that was under way during a change may have read the state before it.
  let changes = 0;

  const forget = (tenantId: string): void => {
    changes += 1;
    for (const [digest, { tenant }] of remembered.entries())
      if (tenant.id === tenantId) remembered.delete(digest);
  };

  const lookUp = async (digest: Buffer): Promise<Authenticated | undefined> => {
    const row = await db
      .selectFrom('rollcall_data.tokens as token')
      .innerJoin('rollcall_data.tenants as tenant', 'tenant.id', 'token.tenant_id')
      .selectAll('tenant')
      .select(['token.id as token_id', 'token.name as token_name', 'token.expires_at', 'token.digest'])
      .where('token.digest', '=', digest)
      .where('token.revoked_at', 'is', null)
      .where('tenant.active', '=', true)
      .executeTakeFirst();
    if (row === undefined || !timingSafeEqual(row.digest, digest)) return undefined;
    const token = { id: row.token_id, name: row.token_name, expiresAt: row.expires_at };
    const schemasVersion = row.schemas_version;
    return Object.freeze({ tenant: toTenant(row), token: Object.freeze(token), schemasVersion });
  };

  return Object.freeze<TokenStore>({
    async create({ tenantId, id, name, expiresAt, now }) {
      const token = mintCredential();
      await db
        .insertInto('rollcall_data.tokens')
        .values({
          tenant_id: tenantId,
          id,
          name,
          digest: Buffer.from(digestOf(token), 'base64'),
          created_at: now,
          expires_at: expiresAt,
          revoked_at: null,
        })
        .execute();
      return Object.freeze({ id, name, token, createdAt: now, expiresAt, revokedAt: null });
    },

    list: (tenantId) =>
      db
        .selectFrom('rollcall_data.tokens')
        .select([
          'id',
          'name',
          'created_at as createdAt',
          'expires_at as expiresAt',
          'revoked_at as revokedAt',
        ])
        .where('tenant_id', '=', tenantId)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),

    async revoke(tenantId, id, now) {
      const uuid = uuidOf(id);
      if (uuid === undefined) return false;
      const revoked = await retrying(() =>
        db.transaction().execute(async (transaction) => {
          const { numUpdatedRows } = await transaction
            .updateTable('rollcall_data.tokens')
            .set((eb) => ({ revoked_at: eb.fn.coalesce(eb.ref('revoked_at'), eb.val(now)) }))
            .where('tenant_id', '=', tenantId)
            .where('id', '=', uuid)
            .executeTakeFirst();
          await announce(transaction, tenantId);
          return numUpdatedRows > 0n;
        }),
      );
      forget(tenantId);
      return revoked;
    },

    async authenticate(text, now) {
      const key = digestOf(text);
      const known = remembered.get(key);
      const age = known === undefined ? Number.NaN : now.getTime() - known.since;
      if (known !== undefined && age >= 0 && age < REMEMBER_MS)
        return isExpired(known, now) ? undefined : known;
      if (!looksLikeCredential(text)) return undefined;
      const before = changes;
      const found = await lookUp(Buffer.from(key, 'base64'));
      if (found === undefined || isExpired(found, now)) {
        remembered.delete(key);
        return undefined;
      }
      if (changes === before) remembered.set(key, { ...found, since: now.getTime() });
      return found;
    },

    forget,
    forgetAll() {
      changes += 1;
      remembered.clear();
    },
  });
}

function isExpired({ token: { expiresAt } }: Authenticated, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}
