/** Reading what is too large for one statement: several, of one snapshot, while the answer is sent. */
import type { ManyMembers } from '../scim/resource/manyMembers.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { Write } from '../scim/resource/writeDocument.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Connection } from './connection.ts';
import { retrying } from './errors.ts';
import { type Found, listResources, type Page, type Part } from './listResources.ts';
import { findResource, type Scope } from './readResources.ts';
import type { Include } from './relations.ts';
import type { Walks } from './walks.ts';
import { writeMembers } from './writeMembers.ts';

/** What can be read of a directory. */
export interface Reads {
  find(type: ResourceType, id: string, include: Include): Promise<Resource | undefined>;
  list(parts: readonly Part[], page: Page, include: Include): Promise<Found>;
}

/** The same at one moment. */
export interface Snapshot extends Reads {
  /** The elements of `members` as text, some hundred at a time. */
  writeMembers(members: ManyMembers, baseUrl: string, write: Write): Promise<void>;
}

/** What was begun to be sent cannot be sent to its end; `cause` says why. */
class BrokenOff extends Error {
  constructor(cause: unknown) {
    super('an answer broke off', { cause });
    this.name = 'BrokenOff';
  }
}

/** How often it is tried to begin. */
const ATTEMPTS = 3;

export function readsOf(scope: Scope, walks: Walks): Reads {
  return {
    find: (type, id, include) => findResource(scope, type, id, include),
    list: (parts, page, include) => listResources(scope, walks, parts, page, include),
  };
}

/**
 * Holds a connection and the snapshot until everything is delivered, and waits for a turn before that.
 * @param prepare reads what comes first; done again when it lost against something
 * @param deliver reads and sends the rest; it must not wait for ever
 * @throws ScimError unavailable when there is no turn; what prepare throws, in this program's words; BrokenOff when
 *   deliver throws
 */
export function inSnapshot<T>(
  connection: Pick<Connection, 'snapshot'>,
  { tenantId, byName, mostMembers }: Pick<Scope, 'tenantId' | 'byName' | 'mostMembers'>,
  walks: Walks,
  prepare: (snapshot: Snapshot) => Promise<T>,
  deliver: (prepared: T, snapshot: Snapshot) => Promise<void>,
): Promise<void> {
  const run = (): Promise<void> =>
    connection.snapshot(tenantId, async ({ db, send }) => {
      const scope: Scope = { db, send, tenantId, byName, mostMembers };
      const snapshot: Snapshot = {
        ...readsOf(scope, walks),
        writeMembers: (members, baseUrl, write) => writeMembers(scope, members, baseUrl, write),
      };
      const prepared = await prepare(snapshot);
      try {
        await deliver(prepared, snapshot);
      } catch (error) {
        throw new BrokenOff(error);
      }
    });
  return retrying(run, ATTEMPTS, 'read');
}
