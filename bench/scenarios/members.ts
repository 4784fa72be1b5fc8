/** Changing who is in a group. */
import type { Scenario, Session } from '../scenario.ts';
import { EVERYBODY, groupId, TENS, userId } from '../world.ts';
import { ownUser } from './writes.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** As Entra ID sends it. */
function edit(session: Session, group: number, op: 'Add' | 'Remove', members: readonly number[]) {
  const value = members.map((n) => ({ $ref: null, value: userId(n) }));
  const body = { schemas: [PATCH_OP], Operations: [{ op, path: 'members', value }] };
  return session.send({ method: 'PATCH', path: `/Groups/${groupId(group)}`, body });
}

/** Members of small groups are at the end. */
const stranger = (session: Session): number => ownUser(session, Math.floor(session.world.users / 4));

/** So many users into the group that has nobody, and out again. */
const crowd = (size: number): Scenario => ({
  name: `members-${size}`,
  title: `PATCH of ${size.toLocaleString('en')} members`,
  connections: 1,
  longer: 2,
  compared: 1,
  async step(session) {
    const from = session.random(Math.max(1, session.world.users - size));
    const all = Array.from({ length: Math.min(size, session.world.users) }, (_, index) => from + index + 1);
    await edit(session, session.world.groups, 'Add', all);
    await edit(session, session.world.groups, 'Remove', all);
  },
});

/** The scenarios of memberships. Each leaves a group as it was. */
export const MEMBERS: readonly Scenario[] = [
  {
    name: 'member-small-group',
    title: 'PATCH of one member, group of 10',
    connections: 1,
    async step(session) {
      const group = TENS + session.random(session.world.groups - TENS - 1);
      const n = stranger(session);
      await edit(session, group, 'Add', [n]);
      await edit(session, group, 'Remove', [n]);
    },
  },
  {
    name: 'member-large-group',
    title: 'PATCH of one member, group of everybody',
    connections: 1,
    async step(session) {
      const n = stranger(session);
      await edit(session, EVERYBODY, 'Remove', [n]);
      await edit(session, EVERYBODY, 'Add', [n]);
    },
  },
  crowd(1_000),
  crowd(10_000),
];
