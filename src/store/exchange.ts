/** One HTTP request of an identity provider and its answer, as the provisioning log keeps it. */
export interface Exchange {
  readonly tenantId: string;
  readonly tokenId: string | undefined;
  readonly at: Date;
  readonly requestId: string;
  /** The User-Agent. */
  readonly client: string | undefined;
  readonly method: string;
  /** Without the query string, which may hold personal data. */
  readonly path: string;
  readonly operation: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly scimType: string | undefined;
  readonly detail: string | undefined;
  readonly tolerances: readonly string[];
  /** The body, without the values of writeOnly attributes; undefined when there was none. */
  readonly request: unknown;
}
