/** A seeded database: made now, or kept from before and copied. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { mintToken } from './mintToken.ts';
import type { Options } from './options.ts';
import type { Progress } from './progress.ts';
import { seed } from './seed.ts';
import type { Server } from './server.ts';
import type { Tenant, World } from './world.ts';

export interface Prepared {
  readonly world: World;
  /** Of the database that is measured. */
  readonly url: string;
  /** What the bare handler knows of tenants. */
  readonly tokensFile: string;
  /** Removes the database. */
  drop(): Promise<void>;
}

interface Means {
  readonly start: (url: string) => Promise<Server>;
  readonly adminToken: string;
  readonly scratch: string;
  readonly progress: Progress;
  /** How many migrations the Rollcall that is measured has. */
  readonly migrations: number;
}

type Issued = Tenant & { readonly tokenId: string };
interface Kept {
  readonly main: Issued;
  readonly small: readonly Issued[];
}

/** What a template is called changes with everything that makes it another. */
const SEED_VERSION = 1;

export async function prepareDirectory(options: Options, serverUrl: string, means: Means): Promise<Prepared> {
  const { users, groups, tenants, keep } = options;
  const size = `${users}_${groups}_${tenants}_${SEED_VERSION}_${means.migrations}`;
  const name = `rollcall_bench_${randomBytes(4).toString('hex')}`;
  const template = `rollcall_bench_seed_${size}`;
  const record = keep === undefined ? undefined : join(resolve(keep), `seed_${size}.json`);
  const on = async (work: (client: pg.Client) => Promise<unknown>): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  };
  const urlOf = (database: string): string => {
    const url = new URL(serverUrl);
    url.pathname = `/${database}`;
    return url.href;
  };

  let kept: Kept;
  if (record !== undefined && existsSync(record)) {
    kept = JSON.parse(readFileSync(record, 'utf8')) as Kept;
    means.progress.step(`using the directory kept in ${keep}`);
  } else {
    const target = record === undefined ? name : template;
    await on((client) => client.query(`drop database if exists ${target} with (force)`));
    await on((client) => client.query(`create database ${target}`));
    kept = await fill(options, urlOf(target), means);
    if (record !== undefined) {
      mkdirSync(resolve(keep ?? ''), { recursive: true });
      writeFileSync(record, JSON.stringify(kept), { mode: 0o600 });
    }
  }
  if (record !== undefined) {
    means.progress.step('copying the directory');
    await on((client) => client.query(`create database ${name} template ${template}`));
  }
  const tokensFile = join(means.scratch, 'tokens.json');
  const all = [kept.main, ...kept.small].map(({ id, token, tokenId }) => [token, { id, tokenId }]);
  writeFileSync(tokensFile, JSON.stringify(all), { mode: 0o600 });
  return {
    world: { ...kept, users, groups },
    url: urlOf(name),
    tokensFile,
    drop: () => on((client) => client.query(`drop database if exists ${name} with (force)`)),
  };
}

/** Migrates, makes the tenants, and seeds. */
async function fill({ users, groups, tenants }: Options, url: string, means: Means): Promise<Kept> {
  means.progress.step(`seeding ${users} users, ${groups} groups and ${tenants} small tenants`);
  const server = await means.start(url);
  const admin = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/admin/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${means.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the admin API answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  let main: Issued;
  try {
    const { id = '' } = await admin('/tenants', { slug: 'bench', name: 'Bench' });
    const { token = '', id: tokenId = '' } = await admin('/tenants/bench/tokens', {
      name: 'bench',
      expiresIn: '1095d',
    });
    main = { id, token, tokenId };
  } finally {
    await server.stop();
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const small = await smallTenants(client, tenants);
    const ids = small.map(({ id }) => id);
    await seed(client, main.id, { users, groups }, ids, means.progress.bar);
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
    return { main, small };
  } finally {
    await client.end();
  }
}

async function smallTenants(client: pg.Client, count: number): Promise<readonly Issued[]> {
  const hex = (n: number): string => n.toString(16).padStart(12, '0');
  const all = Array.from({ length: count }, (_, n) => ({
    id: `00000000-0000-7000-c000-${hex(n + 1)}`,
    tokenId: `00000000-0000-7000-d000-${hex(n + 1)}`,
    token: mintToken(),
  }));
  const digests = all.map(({ token }) => createHash('sha256').update(token).digest('hex'));
  const [ids, tokenIds] = [all.map(({ id }) => id), all.map(({ tokenId }) => tokenId)];
  await client.query(
    `insert into rollcall_data.tenants (id, slug, name, created_at)
     select id, 'small-' || n, 'Small ' || n, now() from unnest($1::uuid[]) with ordinality t (id, n)`,
    [ids],
  );
  await client.query(
    `insert into rollcall_data.organizations (tenant_id, id, name, key, is_default, created_at, modified_at)
     select id, ('00000000-0000-7000-e000-' || right(id::text, 12))::uuid, 'Small ' || n, 'small ' || n, true, now(), now()
     from unnest($1::uuid[]) with ordinality t (id, n)`,
    [ids],
  );
  await client.query(
    `insert into rollcall_data.tokens (tenant_id, id, name, digest, created_at)
     select id, token_id, 'bench', decode(digest, 'hex'), now()
     from unnest($1::uuid[], $2::uuid[], $3::text[]) t (id, token_id, digest)`,
    [ids, tokenIds, digests],
  );
  return all;
}
