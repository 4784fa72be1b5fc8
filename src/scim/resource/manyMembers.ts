/** Stands in a representation for members that are too many to be held, and are told one part after the other. */
import type { Document } from './document.ts';

/** What is shown of a member, by the names of its sub-attributes. */
export type MemberField = 'value' | '$ref' | 'type' | 'display';

/** Everything that there is to show of a member, in order. */
export const MEMBER_FIELDS: readonly MemberField[] = ['value', '$ref', 'type', 'display'];

export class ManyMembers {
  readonly groupId: string;
  /** In the order in which they are shown, at least one. */
  readonly fields: readonly MemberField[];

  constructor(groupId: string, fields: readonly MemberField[]) {
    this.groupId = groupId;
    this.fields = fields;
  }

  /** @throws Error always: what stands for something else must not be shown itself */
  toJSON(): never {
    throw new Error('the members of a large group have to be told part by part');
  }
}

export function hasManyMembers(document: Document): boolean {
  return Object.values(document).some((value) => value instanceof ManyMembers);
}
