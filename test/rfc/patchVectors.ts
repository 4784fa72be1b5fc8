/** Vectors of PATCH: each is applied to a user of its own, in one mode or in both. */
import type { Test } from 'tap';
import type { TestApp } from '../support/app.ts';
import { type Client, clientOf, type Json, refused } from './client.ts';

export type Mode = 'tolerant' | 'strict';
export const BOTH: readonly Mode[] = ['tolerant', 'strict'];

export interface Vector {
  /** Where it holds; in both modes when not said. */
  readonly mode?: Mode;
  readonly ops: readonly unknown[];
  /** What is in the resource afterwards; `undefined` for what is gone. Nothing: unchanged. */
  readonly leaves?: Json;
  /** How it is refused; the resource is unchanged then. */
  readonly refused?: string;
  /** The same again means something else, because it no longer selects what it did. */
  readonly once?: boolean;
}

/** The emails of every person that the harness makes. */
export const WORK = { type: 'work', value: 'bj@example.com', primary: true };
export const HOME = { type: 'home', value: 'bj@home.org' };

export interface Harness {
  readonly clients: Readonly<Record<Mode, Client>>;
  /** U1 of the golden vectors, with a userName of its own. */
  readonly person: (mode: Mode, more?: object) => Promise<Json>;
  /** Applies each vector, and repeats it: the second time nothing may change. */
  readonly hold: (subtest: Test, vectors: readonly Vector[]) => Promise<void>;
}

/** A tenant of each mode, and what is needed to hold them against vectors. */
export async function openHarness(app: TestApp): Promise<Harness> {
  const strict = clientOf(app, (await app.addTenant('strict', 'strict')).token);
  const clients = { tolerant: clientOf(app), strict };
  let made = 0;
  const person: Harness['person'] = (mode, more = {}) => {
    made += 1;
    return clients[mode].user(`Bjensen-${made}@Example.com`, {
      userType: 'Employee',
      title: 'Guide',
      name: { formatted: 'Ms. B', familyName: 'Jensen' },
      emails: [WORK, HOME],
      ...more,
    });
  };
  const apply = async (subtest: Test, mode: Mode, vector: Vector): Promise<void> => {
    const { ops, leaves, refused: expected, once } = vector;
    const user = await person(mode);
    const url = `/Users/${user['id'] as string}`;
    const name = `${mode}: ${JSON.stringify(ops)}`;
    const answer = await clients[mode].patch(url, ops);
    const after = (await clients[mode].get(url)).body;
    if (expected !== undefined) {
      subtest.equal(refused(answer, 400, expected), '', name);
      subtest.same(after, user, `${name} leaves no trace`);
      return;
    }
    subtest.equal(answer.status, 200, `${name} ${answer.status === 200 ? '' : answer.text}`);
    subtest.same(answer.body, after, `${name} is answered with what is read`);
    subtest.equal(answer.headers['etag'], after['meta'].version, name);
    if (leaves === undefined) subtest.same(after, user, `${name} changes nothing, not even the version`);
    for (const [attribute, value] of Object.entries(leaves ?? {})) {
      subtest.same(after[attribute], value, `${name}: ${attribute}`);
    }
    if (once) return;
    const again = await clients[mode].patch(url, ops);
    subtest.same(again.body, after, `${name} twice is once`);
  };
  const hold: Harness['hold'] = async (subtest, vectors) => {
    for (const vector of vectors) {
      for (const mode of vector.mode === undefined ? BOTH : [vector.mode]) await apply(subtest, mode, vector);
    }
  };
  return { clients, person, hold };
}
