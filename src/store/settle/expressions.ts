/** What each common table expression of a difference has. */
import type { QueryCreator } from 'kysely';
import type { Effect, Reason } from '../../provisioning/effect.ts';
import type { Database } from '../tables.ts';

type State = {
  account_id: string;
  resource_id: string;
  own_role: string | null;
  was_active: boolean;
  was_reason: Reason | null;
  frozen: boolean;
  /** What the application goes on seeing of a frozen account: its attributes as they were. */
  frozen_as: unknown;
  reason: Reason | null;
  hold_id: string | null;
  rejected: boolean | null;
  held: unknown;
};

type Compared = {
  account_id: string;
  organization_id: string;
  was: boolean;
  old_role: string | null;
  old_groups: string[];
  old_rank: number | null;
  due: boolean;
  new_role: string | null;
  new_groups: string[];
  new_rank: number | null;
  /** Whether it only follows from the account's own end. */
  follows: boolean;
};

type Membership = {
  readonly account_id: string;
  readonly organization_id: string;
  readonly role: string | null;
  readonly group_ids: string[];
};

/** What each common table expression has. */
export type Expressions = {
  /** Resources that the change concerns; `nested`: those in it are, too. */
  concerned: { id: string; nested: boolean };
  /** Each account concerned: what it is, and why it is due to be inactive (null: due to be active). */
  state: State;
  /** The same with what the change would do to it, and whether that waits. */
  judged: State & { effect: Effect | null; wanted: unknown; waits: boolean; still: boolean };
  /** Groups that lead to the organizations looked at. */
  leading: { group_id: string };
  direct: { account_id: string; own_role: string | null; group_id: string };
  /** For each group of somebody concerned, itself and every group above it. */
  above: { base: string; group_id: string };
  /** Where each such group leads, by itself or by one above it. */
  leads: { base: string; organization_id: string; role: string | null; group_id: string };
  given: Omit<Membership, 'group_ids'> & { own_role: string | null; group_id: string | null };
  due: Membership & { rank: number | null };
  actual: Membership & { rank: number | null; follows: boolean };
  compared: Compared;
  /** Every membership that is not as it is due, with what the change would do to it, and whether that waits. */
  weighed: Compared & {
    effect: Effect;
    wanted: unknown;
    waits: boolean;
    hold_id: string | null;
  };
  /** What waits from now on, and what does not wait any more. */
  held: { account_id: string; hold_id: string; effect: Effect };
  superseded: { account_id: string; hold_id: string };
  told: { seq: string };
};

/** A query that knows some of them, and every table. */
export type Difference = QueryCreator<Database & Expressions>;
