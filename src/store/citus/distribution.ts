/** What Citus is told so that every tenant's rows lie together on one node. Pure: facts in, SQL out. */
import { CONTROL_TABLES, SCHEMA, TENANT_TABLES } from '../guard/guardedTables.ts';

/** What a database says of the tables, in the schema of ours. */
export interface DistributionFacts {
  readonly tables: readonly TableFacts[];
  readonly foreignKeys: readonly ForeignKey[];
  /** With their argument types, e.g. `email_of(jsonb)`. */
  readonly functions: readonly string[];
  /** Tables that Citus has distributed or made reference tables of. */
  readonly done: ReadonlySet<string>;
}

export interface TableFacts {
  readonly name: string;
  /** What may be there once only (primary key, unique index, exclusion), each with its columns. */
  readonly unique: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** Identity columns that are no bigint. */
  readonly narrowIdentities: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly references: string;
  /** As PostgreSQL writes it: `FOREIGN KEY (…) REFERENCES …`. */
  readonly definition: string;
}

/** The tables do not allow what was asked for; `message` says why. */
export class DistributionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DistributionError';
  }
}

/** Its rows lie where everything else of the tenant is put. */
const FIRST = 'resources';

/** Belongs to whoever migrates, on the coordinator. */
const STAYS: ReadonlySet<string> = new Set(['migrations']);

/**
 * Numbers a change on the node that holds the tenant's rows, by that node's transactions, whatever the coordinator has
 * put in: docs/decisions/0010.
 */
const NUMBERING = [
  `create or replace function ${SCHEMA}.number_change() returns trigger language plpgsql as $$
begin
  new.xid := ${SCHEMA}.feed_xid();
  return new;
end $$`,
  `create trigger changes_number before insert on ${SCHEMA}.changes for each row execute function ${SCHEMA}.number_change()`,
];

/**
 * The statements, in order, of one transaction; none when everything is distributed already. Foreign keys are taken off
 * and put on again, because Citus wants both ends to be where they will be.
 *
 * @param shards how many parts the tables are cut into; undefined: what Citus is set to
 * @throws DistributionError for a table that cannot be distributed, or that nobody has said where it belongs
 */
export function distribution(facts: DistributionFacts, shards?: number): readonly string[] {
  const { foreignKeys, functions, done } = facts;
  for (const table of facts.tables) check(table);
  const pending = facts.tables.map(({ name }) => name).filter((name) => !done.has(name) && !STAYS.has(name));
  if (pending.length === 0) return [];
  const isPending = new Set(pending);
  const moved = foreignKeys.filter(
    ({ table, references }) => isPending.has(table) || isPending.has(references),
  );
  for (const key of moved) checkForeignKey(key);
  const distributed = pending.filter((name) => TENANT_TABLES.has(name));
  const isFresh = isPending.has('changes');
  return [
    `set local citus.multi_shard_modify_mode to 'sequential'`,
    ...(isFresh ? [`set local citus.enable_unsafe_triggers to on`] : []),
    ...moved.map(({ name, table }) => `alter table ${SCHEMA}.${table} drop constraint ${name}`),
    // Those that come later are made everywhere by Citus itself.
    ...(isFresh ? functions : []).map((name) => `select create_distributed_function('${SCHEMA}.${name}')`),
    ...pending
      .filter((name) => CONTROL_TABLES.has(name))
      .map((name) => `select create_reference_table('${SCHEMA}.${name}')`),
    // A default that is volatile keeps Citus from handing an INSERT … SELECT on as it is.
    ...(isFresh ? [`alter table ${SCHEMA}.changes alter column xid set default 0`] : []),
    ...[...distributed.filter((name) => name === FIRST), ...distributed.filter((name) => name !== FIRST)].map(
      (name) => distribute(name, shards),
    ),
    ...moved.map(
      ({ name, table, definition }) => `alter table ${SCHEMA}.${table} add constraint ${name} ${definition}`,
    ),
    ...(isFresh ? NUMBERING : []),
  ];
}

function distribute(name: string, shards: number | undefined): string {
  const table = `'${SCHEMA}.${name}', 'tenant_id'`;
  if (name !== FIRST)
    return `select create_distributed_table(${table}, colocate_with => '${SCHEMA}.${FIRST}')`;
  const count = shards === undefined ? '' : `, shard_count => ${shards}`;
  return `select create_distributed_table(${table}, colocate_with => 'none'${count})`;
}

function check({ name, unique, narrowIdentities }: TableFacts): void {
  if (CONTROL_TABLES.has(name)) return;
  if (!TENANT_TABLES.has(name))
    throw new DistributionError(
      `Nobody has said whether ${SCHEMA}.${name} belongs to tenants: src/store/guard/guardedTables.ts.`,
    );
  for (const { name: index, columns } of unique)
    if (!columns.includes('tenant_id'))
      throw new DistributionError(
        `${index} of ${SCHEMA}.${name} lacks tenant_id: Citus keeps nothing unique across tenants.`,
      );
  const [column] = narrowIdentities;
  if (column !== undefined)
    throw new DistributionError(`${SCHEMA}.${name}.${column}: Citus wants identity columns to be bigint.`);
}

function checkForeignKey({ name, table, references, definition }: ForeignKey): void {
  if (!TENANT_TABLES.has(references)) return;
  if (!TENANT_TABLES.has(table))
    throw new DistributionError(
      `${name}: ${SCHEMA}.${table} is on every node and cannot refer to ${SCHEMA}.${references}, which is not.`,
    );
  const [, own = '', other = ''] =
    /^FOREIGN KEY \(([^)]*)\) REFERENCES [^(]*\(([^)]*)\)/.exec(definition) ?? [];
  const place = own.split(', ').indexOf('tenant_id');
  if (place < 0 || other.split(', ')[place] !== 'tenant_id')
    throw new DistributionError(`${name} of ${SCHEMA}.${table} does not join tenant_id with tenant_id.`);
}
