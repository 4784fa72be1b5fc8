/** The JSON text of a document in which members stand that are told part by part. */
import { type Document, isObject } from './document.ts';
import { hasManyMembers, ManyMembers } from './manyMembers.ts';

/** Takes text, and resolves when there is room for more. */
export type Write = (text: string) => Promise<void>;

/** Writes the elements of a JSON array, some at a time, without its brackets, with the commas that are between them. */
export type WriteMembers = (members: ManyMembers, write: Write) => Promise<void>;

/**
 * Writes a representation, or a list of them; the same text as JSON.stringify would give of the whole. It is handed on,
 * not given back: promises and generators keep what they have given until the next full garbage collection.
 *
 * @param writeMembers called when it is their turn, so that one group at a time is read
 * @throws what write and writeMembers throw, in the middle of the text
 */
export async function writeDocument(
  document: Document,
  write: Write,
  writeMembers: WriteMembers,
): Promise<void> {
  let before = '{';
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const key = `${before}${JSON.stringify(name)}:`;
    if (value instanceof ManyMembers) {
      // Nothing at all where there are no members any more: an empty array is not shown.
      let start = `${key}[`;
      await writeMembers(value, async (part) => {
        await write(start);
        await write(part);
        start = ',';
      });
      if (start !== ',') continue;
      await write(']');
    } else if (isLarge(value)) {
      let start = `${key}[`;
      for (const element of value) {
        await write(start);
        if (hasManyMembers(element)) await writeDocument(element, write, writeMembers);
        else await write(JSON.stringify(element));
        start = ',';
      }
      await write(']');
    } else {
      await write(key + JSON.stringify(value));
    }
    before = ',';
  }
  await write(before === '{' ? '{}' : '}');
}

/** Whether it is a list of which some is told part by part. */
function isLarge(value: unknown): value is readonly Document[] {
  return Array.isArray(value) && value.some((element) => isObject(element) && hasManyMembers(element));
}
