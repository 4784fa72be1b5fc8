/** From an uploaded file to batches of people. */
import { ScimError } from '../../scim/errors.ts';
import { keyOf } from '../../scim/filter/operand.ts';
import type { Mode } from '../../scim/mode.ts';
import { readAttribute } from '../../scim/resource/document.ts';
import { createIntake } from '../../scim/resource/intake.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { createLeniency } from '../../scim/tolerance.ts';
import type { ImportLine } from '../../store/importAccounts.ts';
import { createPeopleReader, type FileFormat, type Person } from './people.ts';
import type { Row } from './reader.ts';

/** What an uploaded file is read with. */
export interface FileContext {
  readonly tenantId: string;
  readonly mode: Mode;
  /** User. */
  readonly type: ResourceType;
  readonly format: FileFormat;
  readonly requestId: string;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Whether the server is about to stop. */
  readonly closing: () => boolean;
  /** Told of faults of the program, which the client cannot do anything about. */
  readonly onFault: (error: unknown) => void;
}

export interface Batch {
  /** Each userName once; none of them where nothing is to be done yet. */
  readonly lines: readonly ImportLine[];
  /** Lines that cannot be used. */
  readonly errors: readonly { readonly line: number; readonly error: string }[];
  /** Lines and bytes so far. */
  readonly progress: { readonly lines: number; readonly bytes: number };
}

/** Lines that are worked on at once. */
const SIZE = 1_000;

/**
 * Reads no more than it is asked for, so that the sender waits while a batch is worked on. Of a userName that comes
 * twice in a batch the second line is an error; remembering every name would take memory that grows with the file.
 * @throws Unreadable, ScimError
 */
export async function* batchesOf(
  context: FileContext,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Batch> {
  const { type, format, mode } = context;
  const reader = createPeopleReader(format, type, createIntake(createLeniency(mode)).of(type));
  let lines = new Map<string, ImportLine>();
  let errors: { line: number; error: string }[] = [];
  let read = 0;
  let bytes = 0;
  const batch = (isDue: boolean): Batch => {
    const due = { lines: isDue ? [...lines.values()] : [], errors, progress: { lines: read, bytes } };
    if (isDue) lines = new Map();
    errors = [];
    return due;
  };
  const take = function* (rows: readonly Row<Person>[]): Generator<Batch> {
    for (const { line, value, error } of rows) {
      read += 1;
      if (value === undefined) {
        errors.push({ line, error });
        continue;
      }
      const one = lineOf(type, line, value);
      const first = lines.get(one.key);
      if (first) errors.push({ line, error: `Line ${first.line} has the same userName.` });
      else lines.set(one.key, one);
      if (lines.size === SIZE) yield batch(true);
    }
  };
  for await (const piece of source) {
    bytes += piece.length;
    yield* take(reader.push(piece));
    yield batch(false);
    if (context.closing()) throw new ScimError(503, undefined, 'The server is being stopped.');
  }
  yield* take(reader.end());
  yield batch(true);
}

function lineOf({ keyAttribute }: ResourceType, line: number, person: Person): ImportLine {
  const name = keyAttribute && readAttribute(person.document, keyAttribute);
  return { line, key: keyAttribute && typeof name === 'string' ? keyOf(keyAttribute, name) : '', ...person };
}
