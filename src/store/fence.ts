/** Ways of saying that rows are to be looked up one by one, whatever the planner thinks of their number. */
import { type Expression, sql, type SqlBool } from 'kysely';

/**
 * The offset of a lateral subquery that is to be carried out for each row beside it, by key.
 *
 * Without it the planner is free to turn the join round and read everything that a tenant has. It does so in the plan of
 * a prepared statement, which is made for a tenant of average size, and costs a large one its index.
 */
export const FENCE = 0;

/**
 * Where a row is, as `row`, for rows that nobody else can change meanwhile. It must not be handed from one CTE to another:
 * they may be carried out one after the other (docs/decisions/0010).
 */
export const rowOf = (alias: string) => sql<string>`${sql.ref(`${alias}.ctid`)}`.as('row');

/**
 * The same for a table that is changed, which no fence can be put around: the rows are looked up behind a fence, and
 * found again by where they are.
 */
export const inRows = (alias: string, rows: Expression<unknown>) =>
  sql<SqlBool>`${sql.ref(`${alias}.ctid`)} = any(array(${rows}))`;

/**
 * The same by a key, for a table that is changed with what other CTEs have found: in such a statement Citus refuses to
 * look at where a row is (docs/decisions/0010).
 */
export const among = (key: string, found: Expression<unknown>) =>
  sql<SqlBool>`${sql.ref(key)} = any(array(${found}))`;
