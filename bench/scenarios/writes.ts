/** Creating and changing users. */
import type { Scenario, Session } from '../scenario.ts';
import { document, userId } from '../world.ts';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

/** Of a user that nobody has: a name of always the same length. */
export function newUser(session: Session): Record<string, unknown> {
  const text = String(session.unique()).padStart(9, '0');
  return document(1, `new-${text}@example.com`, `00n${text.padStart(17, 'a')}`);
}

/** Okta's form of deactivation, or Entra ID's. */
export const activity = (active: boolean, form: number) => ({
  schemas: [PATCH_OP],
  Operations: [
    form % 2 === 0
      ? { op: 'replace', value: { active } }
      : { op: 'Replace', path: 'active', value: active ? 'True' : 'False' },
  ],
});

/** A user whom no other simultaneous client changes. */
export function ownUser(session: Session, among = session.world.users): number {
  const share = Math.floor(among / 64);
  return session.worker * share + session.random(share) + 1;
}

/** The scenarios that change users. */
export const WRITES: readonly Scenario[] = [
  {
    name: 'put-user',
    title: 'PUT of a user',
    connections: 'small',
    async step(session) {
      const n = ownUser(session);
      const title = `Engineer ${String(session.unique()).padStart(9, '0')}`;
      const body = document(n, undefined, undefined, title);
      await session.send({ method: 'PUT', path: `/Users/${userId(n)}`, body });
    },
  },
  {
    name: 'patch-active',
    title: 'PATCH active',
    connections: 'small',
    async step(session) {
      const n = ownUser(session);
      const path = `/Users/${userId(n)}`;
      await session.send({ method: 'PATCH', path, body: activity(false, n) });
      await session.send({ method: 'PATCH', path, body: activity(true, n) });
    },
  },
  {
    name: 'tenants-patch-active',
    title: 'PATCH active, each in another tenant',
    connections: 'small',
    async step(session) {
      const { small } = session.world;
      const share = Math.max(1, Math.floor(small.length / 64));
      const tenant =
        small[(session.worker * share + session.random(share)) % small.length] ?? session.world.main;
      const n = session.random(10) + 1;
      const path = `/Users/${userId(n)}`;
      await session.send({ method: 'PATCH', path, body: activity(false, n), tenant });
      await session.send({ method: 'PATCH', path, body: activity(true, n), tenant });
    },
  },
  {
    name: 'create-user',
    title: 'POST of a user',
    connections: 'small',
    async step(session) {
      await session.send({ method: 'POST', path: '/Users', body: newUser(session) });
    },
  },
  {
    name: 'bulk-1000',
    title: 'Bulk of 1,000 creations',
    connections: 1,
    longer: 2,
    compared: 1,
    async step(session) {
      const Operations = Array.from({ length: 1_000 }, (_, index) => ({
        method: 'POST',
        path: '/Users',
        bulkId: `b${index}`,
        data: newUser(session),
      }));
      await session.send({ method: 'POST', path: '/Bulk', body: { schemas: [BULK], Operations } });
    },
  },
];
