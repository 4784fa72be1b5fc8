/** What would become of the accounts of a tenant, given the list of its identity provider. Changes none of them. */
import { sql } from 'kysely';
import { emailOf } from '../provisioning/emailOf.ts';
import { preflight, type Verdict } from '../provisioning/preflight.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Connection } from './connection.ts';
import { retrying } from './errors.ts';
import type { ImportLine } from './importAccounts.ts';
import { readSettings } from './import/find.ts';
import { learn } from './import/learn.ts';
import { recordset } from './import/recordset.ts';
import { residentsBy, residentsByEmail } from './import/residents.ts';
import type { Scope } from './readResources.ts';

/** One report in the making. */
export interface PreflightRun {
  readonly id: string;
  readonly at: Date;
}

export interface Judged {
  readonly line: ImportLine;
  readonly verdict: Verdict;
}

/** An account as it is shown. */
export interface ShownAccount {
  readonly accountId: string;
  readonly userName: string | null;
  readonly email: string | null;
  readonly applicationId: string | null;
  /** Whether no identity provider has written it so far. */
  readonly imported: boolean;
}

export interface Some<T> {
  readonly count: number;
  readonly examples: readonly T[];
}

export interface PreflightStore {
  /** To be called first, and when all lines are judged. */
  learn(): Promise<void>;
  /** Judges lines, and remembers which accounts they match. */
  judge(
    tenantId: string,
    run: PreflightRun,
    type: ResourceType,
    lines: readonly ImportLine[],
  ): Promise<Judged[]>;
  /** Accounts of the directory that no line has matched. */
  orphaned(tenantId: string, run: PreflightRun): Promise<Some<ShownAccount>>;
  /** Forgets what was remembered, also of runs that came to no end. */
  end(tenantId: string, run: PreflightRun): Promise<void>;
  /** The accounts of the directory as they stand: managed by the provider, imported, or of an address that others have too. */
  standing(tenantId: string): Promise<Standing>;
}

export interface Standing {
  readonly matched: Some<ShownAccount>;
  readonly doubled: Some<ShownAccount>;
  readonly orphaned: Some<ShownAccount>;
}

const EXAMPLES = 100;
const FORGOTTEN_AFTER_MS = 86_400_000;

export function preflightStore(connection: Pick<Connection, 'scopeOf' | 'pool'>): PreflightStore {
  const scopeOf = (tenantId: string): Scope => ({
    ...connection.scopeOf(tenantId),
    byName: new Map(),
  });
  return {
    learn: () => learn(connection),
    judge: (tenantId, run, type, lines) =>
      retrying(() =>
        scopeOf(tenantId)
          .db.transaction()
          .execute((db) => judge({ db, tenantId, byName: new Map() }, run, type, lines)),
      ),
    orphaned: (tenantId, { id }) =>
      retrying(() =>
        someAccounts(
          living(scopeOf(tenantId)).where((eb) =>
            eb.not(
              eb.exists(
                eb
                  .selectFrom('rollcall_data.preflight_matches as p')
                  .where('p.tenant_id', '=', tenantId)
                  .where('p.preflight_id', '=', id)
                  .whereRef('p.account_id', '=', 'a.id')
                  .select('p.line'),
              ),
            ),
          ),
        ),
      ),
    async end(tenantId, { id, at }) {
      await scopeOf(tenantId)
        .db.deleteFrom('rollcall_data.preflight_matches as p')
        .where('p.tenant_id', '=', tenantId)
        .where((eb) =>
          eb.or([
            eb('p.preflight_id', '=', id),
            eb('p.at', '<', new Date(at.getTime() - FORGOTTEN_AFTER_MS)),
          ]),
        )
        .execute();
    },
    async standing(tenantId) {
      const scope = scopeOf(tenantId);
      const shares = living(scope).where((eb) =>
        eb.exists(
          eb
            .selectFrom('rollcall_data.accounts as other')
            .innerJoin('rollcall_data.resources as s', (on) =>
              on.on('s.tenant_id', '=', tenantId).onRef('s.id', '=', 'other.resource_id'),
            )
            .where('other.tenant_id', '=', tenantId)
            .where(sql<boolean>`lower(${sql.ref('other.email')}) = lower(${sql.ref('a.email')})`)
            .whereRef('other.id', '<>', 'a.id')
            .where('s.deleted_at', 'is', null)
            .select('other.id'),
        ),
      );
      return retrying(async () => ({
        matched: await someAccounts(living(scope).where('r.imported', '=', false)),
        doubled: await someAccounts(shares),
        orphaned: await someAccounts(living(scope).where('r.imported', '=', true)),
      }));
    },
  };
}

async function judge(
  scope: Scope,
  run: PreflightRun,
  type: ResourceType,
  lines: readonly ImportLine[],
): Promise<Judged[]> {
  const { provisioning } = await readSettings(scope);
  const known = lines.map((line) => ({
    line,
    externalId: textOf(line.document['externalId'])?.normalize('NFC'),
    email: emailOf(line.document),
  }));
  const keys = lines.map(({ key }) => key);
  const externalIds = known.flatMap(({ externalId }) => externalId ?? []);
  const byKey = await residentsBy(scope, type, 'key', 'living', keys);
  const byExternalId = await residentsBy(scope, type, 'external_id', 'living', externalIds);
  const goneByKey = await residentsBy(scope, type, 'key', 'gone', keys);
  const goneByExternalId = await residentsBy(scope, type, 'external_id', 'gone', externalIds);
  const emails = known.flatMap(({ email }) => email?.toLowerCase() ?? []);
  const byEmail = await residentsByEmail(scope, [...new Set(emails)]);
  const judged = known.map(({ line, externalId = '', email }): Judged => {
    const residents = {
      userName: byKey.get(line.key),
      externalId: byExternalId.get(externalId),
      email: byEmail.get(email?.toLowerCase() ?? '') ?? [],
      gone: goneByKey.get(line.key) ?? goneByExternalId.get(externalId),
    };
    return { line, verdict: preflight(provisioning, email, residents) };
  });
  return withoutSecond(judged, await remember(scope, run, judged));
}

/** @returns for each account that is matched, by which line first */
async function remember(
  { db, tenantId }: Scope,
  { id, at }: PreflightRun,
  judged: readonly Judged[],
): Promise<Map<string, number>> {
  const matches = new Map<string, number>();
  for (const { line, verdict } of judged) {
    const account = accountOf(verdict);
    if (account !== undefined && !matches.has(account)) matches.set(account, line.line);
  }
  if (matches.size === 0) return matches;
  const rows = [...matches].map(([account, line]) => JSON.stringify({ account, line }));
  // A row that is there keeps its line, and is returned because it is written.
  const kept = await db
    .insertInto('rollcall_data.preflight_matches')
    .columns(['tenant_id', 'preflight_id', 'account_id', 'line', 'at'])
    .expression((eb) =>
      eb
        .selectFrom(recordset<{ account: string; line: string }>(rows, 'account uuid, line bigint'))
        .select((x) => [
          x.val(tenantId).as('tenant_id'),
          sql<string>`${id}::uuid`.as('preflight_id'),
          'x.account as account_id',
          'x.line',
          sql<Date>`${at}::timestamptz`.as('at'),
        ]),
    )
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'preflight_id', 'account_id']).doUpdateSet({ at }),
    )
    .returning(['account_id', 'line'])
    .execute();
  return new Map(kept.map(({ account_id, line }) => [account_id, Number(line)]));
}

function withoutSecond(judged: readonly Judged[], firsts: ReadonlyMap<string, number>): Judged[] {
  return judged.map(({ line, verdict }) => {
    const first = firsts.get(accountOf(verdict) ?? '');
    if (verdict.kind !== 'matched' || first === undefined || first === line.line) return { line, verdict };
    const reason = `Line ${first} is the same person: an account can be matched once.`;
    return { line, verdict: { kind: verdict.by === 'userName' ? 'rejected' : 'doubled', reason } };
  });
}

/** A rejected line is about an account all the same: it does not make an orphan of it. */
function accountOf(verdict: Verdict): string | undefined {
  return verdict.kind === 'matched' || verdict.kind === 'rejected'
    ? (verdict.resident?.accountId ?? undefined)
    : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function living({ db, tenantId }: Scope) {
  return db
    .selectFrom('rollcall_data.accounts as a')
    .innerJoin('rollcall_data.resources as r', (on) =>
      on.on('r.tenant_id', '=', tenantId).onRef('r.id', '=', 'a.resource_id'),
    )
    .where('a.tenant_id', '=', tenantId)
    .where('r.deleted_at', 'is', null);
}

async function someAccounts(query: ReturnType<typeof living>): Promise<Some<ShownAccount>> {
  const { count } = await query.select(sql<string>`count(*)`.as('count')).executeTakeFirstOrThrow();
  const rows = await query
    .select(['a.id', 'a.user_name', 'a.email', 'a.application_id', 'r.imported'])
    .orderBy('a.id')
    .limit(EXAMPLES)
    .execute();
  const examples = rows.map((row) => ({
    accountId: row.id,
    userName: row.user_name,
    email: row.email,
    applicationId: row.application_id,
    imported: row.imported,
  }));
  return { count: Number(count), examples };
}
