/** Statements of hot paths: built, guarded and printed once; what differs from call to call is put into their slots. */
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { markPrinted } from './guard/checked.ts';
import { Slot, TENANT } from './guard/slot.ts';
import { tenantGuard } from './guard.ts';
import type { Database } from './tables.ts';

/** What a statement is built with. Slots stand wherever a parameter may, and pass for its type. */
export interface Building<Given> {
  /** Sends nothing. What it builds has to hold every tenant table to `tenantId`, as everywhere. */
  readonly db: Kysely<Database>;
  /** The slot of whichever tenant the statement is sent for. */
  readonly tenantId: string;
  readonly slot: <Name extends keyof Given & string>(name: Name) => Given[Name];
}

/** A statement with slots. */
export interface Statement<Given, Row> {
  readonly text: string;
  readonly valuesFor: (tenantId: string, given: Given) => unknown[];
  /** The same for a Kysely handle. */
  readonly queryFor: (tenantId: string, given: Given) => CompiledQuery<Row>;
  /**
   * Whether it finds what it reads by a key, waits for nobody's lock, and so may share a connection with others of its
   * kind.
   */
  readonly keyed: boolean;
  /** Whether the plan that was made once is good for these values too. */
  readonly plannedFor: (given: Given) => boolean;
}

export interface StatementOptions<Given> {
  readonly keyed?: boolean;
  /** Where it gives false, the statement is planned anew, with the values in view. Always good where it is left out. */
  readonly plannedFor?: (given: Given) => boolean;
}

/** Lists of up to this length share a plan. What is made for few is slow for many, and the other way round. */
const FEW = 100;

/** Whether there are few of what the statement is about. */
export const isFew = ({ ids }: { readonly ids: readonly unknown[] }): boolean => ids.length <= FEW;

/** Builds parts of queries and can send none. */
export const builder = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The guard reads the slot of the tenant where it else reads an id: what is put into it is always the scope's own. */
const guarded = builder.withPlugin(tenantGuard(TENANT));

/**
 * A statement for every tenant, printed when it is first used.
 *
 * @param build has to be pure; a value that is not in a slot is the same in every call
 * @throws TenantGuardError when it is first used, as every query that leaves its tenant
 */
export function statement<Given extends object, Row>(
  build: (building: Building<Given>) => Compilable<Row>,
  { keyed = false, plannedFor = () => true }: StatementOptions<Given> = {},
): Statement<Given, Row> {
  let printed: { readonly query: CompiledQuery<Row>; readonly names: readonly (string | undefined)[] };
  const print = (): typeof printed => {
    const slots = new Map<string, Slot>();
    const slot = (name: string): Slot => {
      const known = slots.get(name) ?? new Slot(name);
      slots.set(name, known);
      return known;
    };
    const query = build({
      db: guarded,
      tenantId: TENANT as unknown as string,
      slot: (name) => slot(name) as never,
    }).compile();
    return {
      query,
      names: query.parameters.map((value) => (value instanceof Slot ? value.name : undefined)),
    };
  };
  const valuesFor = (tenantId: string, given: Given): unknown[] => {
    const { query, names } = (printed ??= print());
    return query.parameters.map((value, index) => {
      if (value === TENANT) return tenantId;
      const name = names[index];
      return name === undefined ? value : (given as Record<string, unknown>)[name];
    });
  };
  return {
    get text() {
      return (printed ??= print()).query.sql;
    },
    valuesFor,
    queryFor(tenantId, given) {
      const parameters = Object.freeze(valuesFor(tenantId, given));
      const query = Object.freeze({ ...printed.query, parameters });
      markPrinted(query);
      return query;
    },
    keyed,
    plannedFor,
  };
}

/** Statements of several shapes, each built when it is first asked for. The shapes must be few. */
export function shaped<Shape, Given extends object, Row>(
  keyOf: (shape: Shape) => string,
  build: (shape: Shape) => Statement<Given, Row>,
): (shape: Shape) => Statement<Given, Row> {
  const known = new Map<string, Statement<Given, Row>>();
  return (shape) => {
    const key = keyOf(shape);
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = build(shape)));
    return found;
  };
}
