import { type Document, isObject } from '../scim/resource/document.ts';

/**
 * The address of a person: of several primary ones the first; of none, the first for work, then the first. The
 * database has the same rule as `email_of`.
 */
export function emailOf(document: Document): string | null {
  const emails = document['emails'];
  if (!Array.isArray(emails)) return null;
  const usable = emails.filter((email) => isObject(email) && typeof email['value'] === 'string');
  const chosen =
    usable.find((email) => email['primary'] === true) ??
    usable.find((email) => email['type'] === 'work') ??
    usable[0];
  return chosen === undefined ? null : (chosen['value'] as string);
}
