/**
 * The offset of a lateral subquery that is to be carried out for each row beside it, by key.
 *
 * Without it the planner is free to turn the join round and read everything that a tenant has. It does so in the plan of
 * a prepared statement, which is made for a tenant of average size, and costs a large one its index.
 */
export const FENCE = 0;
