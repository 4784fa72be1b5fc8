/** What a database says of itself and of what waits in it. Times are the database's own; sizes are bytes. */
export interface DatabaseFacts {
  readonly embedded: boolean;
  /** As the server names it, e.g. `15.18 (Debian …)`. */
  readonly version: string;
  /** By the database's clock, and how far the server's clock is ahead of it, in milliseconds. */
  readonly now: Date;
  readonly serverAheadMs: number;
  readonly pool: PoolFacts;
  readonly migrations: { readonly pending: readonly string[]; readonly trouble: string | undefined };
  readonly indexes: IndexFacts;
  readonly tables: readonly TableFacts[];
  readonly transactions: TransactionFacts;
  readonly slots: readonly { readonly name: string; readonly active: boolean; readonly kept: number }[];
  /** Undefined where pg_stat_statements is not there; slowest in all first. */
  readonly statements: readonly StatementFacts[] | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly connections: { readonly most: number; readonly used: number; readonly ours: number };
  readonly work: WorkFacts;
  /** Of Citus: tables that it does not have yet; undefined where there is no Citus. */
  readonly undistributed: readonly string[] | undefined;
  /** What could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

interface PoolFacts {
  readonly most: number;
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

interface IndexFacts {
  /** What the migrations make; `sql` makes it again. */
  readonly expected: readonly { readonly name: string; readonly sql: string | undefined }[];
  readonly found: readonly {
    readonly name: string;
    readonly table: string;
    readonly valid: boolean;
    readonly unique: boolean;
    readonly scans: number;
    readonly size: number;
  }[];
  /** How long use has been counted, in seconds; undefined where nobody knows. */
  readonly countedFor: number | undefined;
}

export interface TableFacts {
  readonly name: string;
  readonly rows: number;
  readonly dead: number;
  readonly size: number;
  readonly lastVacuum: Date | null;
  readonly lastAnalyze: Date | null;
}

interface TransactionFacts {
  /** Transaction ids since the oldest row was frozen, and how many there may be. */
  readonly age: number;
  readonly freezeAt: number;
  readonly open: readonly {
    readonly pid: number;
    readonly seconds: number;
    readonly state: string;
    readonly application: string;
    /** Whether it has a transaction id, and so holds up the feed. */
    readonly writes: boolean;
  }[];
  /** Prepared, and waiting for somebody to end them. */
  readonly prepared: readonly { readonly name: string; readonly seconds: number }[];
}

export interface StatementFacts {
  readonly text: string;
  readonly calls: number;
  readonly meanMs: number;
  readonly share: number;
}

interface WorkFacts {
  /** Days of the provisioning log that there are partitions for, as `20261122`, in order. */
  readonly partitions: readonly string[];
  readonly holds: { readonly open: number; readonly oldest: Date | null; readonly overdue: number };
  /** Settings that were to be carried out by now. */
  readonly recomputations: { readonly overdue: number; readonly oldest: Date | null };
  /** Tenants with leavers whose retention was over two hours ago. */
  readonly purges: number;
  readonly expiring: readonly { readonly tenant: string; readonly name: string; readonly expiresAt: Date }[];
}
