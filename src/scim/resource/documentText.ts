/** The JSON text of a document in which members stand that are told part by part. */
import type { Document } from './document.ts';
import { hasManyMembers, ManyMembers } from './manyMembers.ts';
import { isObject } from './document.ts';

/** The elements of a JSON array, without its brackets: some at a time, with the commas that are between them. */
export type Parts = (members: ManyMembers) => AsyncIterable<string>;

/**
 * The text of a representation, or of a list of them; the same as JSON.stringify would give of the whole.
 * @param partsOf asked when it is their turn, so that one group at a time is read
 * @throws what partsOf throws, in the middle of the text
 */
export async function* documentText(document: Document, partsOf: Parts): AsyncGenerator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const key = `${before}${JSON.stringify(name)}:`;
    if (value instanceof ManyMembers) {
      const some = yield* membersText(key, partsOf(value));
      if (some) before = ',';
      continue;
    }
    if (isList(value)) yield* listText(key, value, partsOf);
    else yield key + JSON.stringify(value);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

/** Nothing at all where there are no members any more: an empty array is not shown. @returns whether there are any */
async function* membersText(key: string, parts: AsyncIterable<string>): AsyncGenerator<string, boolean> {
  let before = `${key}[`;
  let some = false;
  for await (const part of parts) {
    if (part === '') continue;
    yield before + part;
    before = ',';
    some = true;
  }
  if (some) yield ']';
  return some;
}

async function* listText(
  key: string,
  documents: readonly Document[],
  partsOf: Parts,
): AsyncGenerator<string> {
  let before = `${key}[`;
  for (const document of documents) {
    if (hasManyMembers(document)) {
      yield before;
      yield* documentText(document, partsOf);
    } else {
      yield before + JSON.stringify(document);
    }
    before = ',';
  }
  yield ']';
}

/** Whether some of it is told part by part. */
function isList(value: unknown): value is readonly Document[] {
  return Array.isArray(value) && value.some((element) => isObject(element) && hasManyMembers(element));
}
