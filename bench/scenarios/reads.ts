/** Look-ups, GET and lists. */
import type { Scenario, Session } from '../scenario.ts';
import { EVERYBODY, externalId, groupId, userId, userName } from '../world.ts';

const filter = (text: string): string => encodeURIComponent(text);
const anyUser = (session: Session): number => session.random(session.world.users) + 1;
const get = async (session: Session, path: string): Promise<void> => {
  await session.send({ method: 'GET', path });
};

/** The scenarios that change nothing. */
export const READS: readonly Scenario[] = [
  {
    name: 'look-up-username',
    title: 'userName look-up',
    connections: 'small',
    step: (session) => get(session, `/Users?filter=${filter(`userName eq "${userName(anyUser(session))}"`)}`),
  },
  {
    name: 'look-up-external-id',
    title: 'externalId look-up',
    connections: 'small',
    step: (session) =>
      get(session, `/Users?filter=${filter(`externalId eq "${externalId(anyUser(session))}"`)}`),
  },
  {
    name: 'look-up-email',
    title: 'e-mail look-up by value path',
    connections: 'small',
    step: (session) =>
      get(
        session,
        `/Users?filter=${filter(`emails[type eq "work"].value eq "${userName(anyUser(session))}"`)}`,
      ),
  },
  {
    name: 'get-user',
    title: 'GET of a user',
    connections: 'small',
    step: (session) => get(session, `/Users/${userId(anyUser(session))}`),
  },
  {
    name: 'tenants-look-up',
    title: 'userName look-up, each in another tenant',
    connections: 'small',
    async step(session) {
      const tenant = session.world.small[session.random(session.world.small.length)] ?? session.world.main;
      const text = filter(`userName eq "${userName(session.random(10) + 1)}"`);
      await session.send({ method: 'GET', path: `/Users?filter=${text}`, tenant });
    },
  },
  {
    name: 'list-first',
    title: 'first page of 100 of all users',
    connections: 2,
    step: (session) => get(session, '/Users?startIndex=1&count=100'),
  },
  {
    name: 'list-last',
    title: 'last page, walked to by startIndex',
    connections: 2,
    async begin(session) {
      // The page before, so that the server knows where the walk is.
      const path = `/Users?startIndex=${session.world.users - 199}&count=100`;
      await session.send({ method: 'GET', path, aside: true });
    },
    step: (session) => get(session, `/Users?startIndex=${session.world.users - 99}&count=100`),
  },
  {
    name: 'list-first-cursor',
    title: 'first page by cursor',
    connections: 2,
    step: (session) => get(session, `/Users?cursor&count=${cursorPage(session)}`),
  },
  {
    name: 'list-last-cursor',
    title: 'last page, walked to by cursor',
    connections: 2,
    async begin(session) {
      session.memory.set('cursor', await lastCursor(session));
    },
    step: (session) =>
      get(session, `/Users?cursor=${session.memory.get('cursor')}&count=${cursorPage(session)}`),
  },
  {
    name: 'list-jump',
    title: 'last page, jumped to by startIndex',
    connections: 2,
    // An index that nobody has walked to.
    step: (session) =>
      get(session, `/Users?startIndex=${session.world.users - 100 - session.random(50)}&count=100`),
  },
  {
    name: 'sort-username',
    title: 'page of 100 sorted by userName',
    connections: 2,
    longer: 2,
    step: (session) => get(session, '/Users?sortBy=userName&count=100'),
  },
  {
    name: 'sort-family-name',
    title: 'page of 100 sorted by name.familyName',
    connections: 2,
    longer: 2,
    step: (session) => get(session, '/Users?sortBy=name.familyName&count=100'),
  },
  {
    name: 'contains',
    title: 'userName co, one match',
    connections: 2,
    step: (session) =>
      get(session, `/Users?filter=${filter(`userName co "${String(anyUser(session)).padStart(8, '0')}"`)}`),
  },
  {
    name: 'group-without-members',
    title: 'GET of the large group, excludedAttributes=members',
    connections: 'small',
    step: (session) => get(session, `/Groups/${groupId(EVERYBODY)}?excludedAttributes=members`),
  },
  {
    name: 'group-whole',
    title: 'GET of the large group',
    connections: 4,
    longer: 2,
    compared: 1,
    step: (session) => get(session, `/Groups/${groupId(EVERYBODY)}`),
  },
];

/** A cursor cannot jump, and one goes with one size of page: a million users are walked through by the thousand. */
const cursorPage = ({ world }: Session): number => (world.users > 200_000 ? 1_000 : 100);

/** Walks until a cursor leads to the last page; once for each side and run. */
const walked = new Map<string, Promise<string>>();

function lastCursor(session: Session): Promise<string> {
  const known = walked.get(session.side);
  if (known) return known;
  const walk = async (): Promise<string> => {
    const count = cursorPage(session);
    let cursor = '';
    for (let left = session.world.users - count; left > 0; left -= count) {
      const path = `/Users?cursor${cursor === '' ? '' : `=${cursor}`}&count=${count}`;
      const { body } = await session.send({ method: 'GET', path, aside: true, keep: true });
      cursor = /"nextCursor": ?"([^"]+)"/.exec(body.slice(0, 1_000))?.[1] ?? '';
      if (cursor === '') throw new Error(`a walk by cursor ended ${left} users too early`);
    }
    return cursor;
  };
  const walking = walk();
  walked.set(session.side, walking);
  return walking;
}
