/** A resource as the server holds it. */
import type { ResourceType } from '../schema/resourceType.ts';
import type { Document } from './document.ts';

/** A resource that belongs to a group, as `members` shows it. */
export interface Member {
  readonly id: string;
  readonly type: ResourceType;
  readonly display: string | undefined;
}

/** A group that a resource belongs to: directly, or through a group in between. */
export interface Membership extends Member {
  readonly direct: boolean;
}

export interface Resource {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly created: Date;
  readonly lastModified: Date;
  /** Undefined where they were not asked for, `many` where they are too many to be read with the group. */
  readonly members?: readonly Member[] | 'many' | undefined;
  readonly groups?: readonly Membership[] | undefined;
}
