/** What identity providers do one after the other. */
import type { Scenario, Session } from '../scenario.ts';
import { EVERYBODY, externalId, groupId, TENS, userId, userName } from '../world.ts';
import { activity, newUser, ownUser, PATCH_OP } from './writes.ts';

const look = (session: Session, path: string, filter: string, rest = '') =>
  session.send({ method: 'GET', path: `${path}?filter=${encodeURIComponent(filter)}${rest}` });

const memberOf = (session: Session, group: number, op: string, value: unknown) =>
  session.send({
    method: 'PATCH',
    path: `/Groups/${groupId(group)}`,
    body: { schemas: [PATCH_OP], Operations: [{ op, path: 'members', value }] },
  });

const smallGroup = (session: Session): number => TENS + session.random(session.world.groups - TENS - 1);

/** The scenarios in which requests of several kinds follow each other. */
export const MIXES: readonly Scenario[] = [
  {
    name: 'entra-cycle',
    title: 'Entra ID: a cycle of look-ups, changes and group members',
    connections: 'small',
    async step(session) {
      const n = ownUser(session, Math.floor(session.world.users / 4));
      const path = `/Users/${userId(n)}`;
      const group = smallGroup(session);
      await look(session, '/Users', `externalId eq "${externalId(n)}"`);
      await look(session, '/Users', `userName eq "${userName(n)}"`);
      await session.send({ method: 'GET', path });
      await session.send({ method: 'PATCH', path, body: activity(false, 1) });
      await session.send({ method: 'PATCH', path, body: activity(true, 1) });
      await look(session, '/Groups', `displayName eq "Group ${group}"`, '&excludedAttributes=members');
      await session.send({ method: 'GET', path: `/Groups/${groupId(EVERYBODY)}?excludedAttributes=members` });
      await memberOf(session, group, 'Add', [{ $ref: null, value: userId(n) }]);
      await memberOf(session, group, 'Remove', [{ $ref: null, value: userId(n) }]);
    },
  },
  {
    name: 'okta-import',
    title: 'Okta: look-up, creation and GET of each user, then its group',
    connections: 'small',
    async step(session) {
      const user = newUser(session);
      await look(session, '/Users', `userName eq "${String(user['userName'])}"`, '&startIndex=1&count=100');
      const made = await session.send({ method: 'POST', path: '/Users', body: user, keep: true });
      const id = /"id": ?"([^"]+)"/.exec(made.body)?.[1] ?? '';
      await session.send({ method: 'GET', path: `/Users/${id}` });
      const group = smallGroup(session);
      await memberOf(session, group, 'add', [{ value: id, display: user['userName'] }]);
    },
  },
];
