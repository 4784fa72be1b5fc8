/** From an uploaded file to people, line by line. */
import { ScimError } from '../../scim/errors.ts';
import { acceptResource } from '../../scim/resource/accept.ts';
import { withActive } from '../../scim/resource/active.ts';
import { type Document, isObject } from '../../scim/resource/document.ts';
import type { Intake } from '../../scim/resource/intake.ts';
import { validateDocument } from '../../scim/resource/validate.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { type Column, type Columns, columnsOf, type Draft } from './columns.ts';
import { createCsvReader } from './csv.ts';
import { createNdjsonReader } from './ndjson.ts';
import { type Reader, type Row, TooLong } from './reader.ts';
import { Unreadable } from './unreadable.ts';

/** A person as a file describes them. */
export interface Person {
  readonly document: Document;
  /** What the application itself calls them. */
  readonly applicationId: string | undefined;
}

export type FileFormat = 'csv' | 'ndjson';

/** Makes people of the bytes of a file. */
export interface PeopleReader {
  /** @throws Unreadable when what follows cannot be read either */
  push(bytes: Uint8Array): Row<Person>[];
  /** The same at the end of the file. */
  end(): Row<Person>[];
}

/** Each line goes the way of a POST, so that there is one truth about what a resource is. */
export function createPeopleReader(format: FileFormat, type: ResourceType, intake: Intake): PeopleReader {
  // A byte order mark is skipped by it.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const columns = columnsOf(type, intake.leniency);
  const accept = (row: Row<Draft>): Row<Person> => acceptRow(type, intake, row);
  const rowsOf = format === 'csv' ? csvRows(columns, accept) : jsonRows(columns, accept);
  let last = 0;
  const reading = (text: () => string, isEnd: boolean): Row<Person>[] => {
    try {
      const rows = rowsOf(text(), isEnd);
      last = rows.at(-1)?.line ?? last;
      return rows;
    } catch (error) {
      if (error instanceof TooLong) throw new Unreadable(error.message, error.line);
      if (
        error instanceof TypeError &&
        (error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      )
        throw new Unreadable(
          `Somewhere after line ${last} the file is not valid UTF-8. Save it as UTF-8.`,
          last + 1,
        );
      throw error;
    }
  };
  return {
    push: (bytes) => reading(() => decoder.decode(bytes, { stream: true }), false),
    end: () => reading(() => decoder.decode(), true),
  };
}

type RowsOf = (text: string, isEnd: boolean) => Row<Person>[];

function read<T>(reader: Reader<T>, text: string, isEnd: boolean): Row<T>[] {
  const rows = reader.push(text);
  return isEnd ? [...rows, ...reader.end()] : rows;
}

function csvRows(columns: Columns, accept: (row: Row<Draft>) => Row<Person>): RowsOf {
  const reader = createCsvReader();
  let header: readonly Column[] | undefined;
  return (text, isEnd) => {
    const people: Row<Person>[] = [];
    for (const row of read(reader, text, isEnd)) {
      if (header) people.push(accept(drafted(row, header)));
      else if (row.error !== undefined) throw new Unreadable(row.error, row.line);
      else header = headerOf(row.value, columns, row.line);
    }
    if (isEnd && !header) throw new Unreadable('The file is empty: its first line must name the columns.', 1);
    return people;
  };
}

/** @throws Unreadable for what no import would understand */
function headerOf(names: readonly string[], columns: Columns, line: number): readonly Column[] {
  const seen = new Set<string>();
  const header = names.map((name) => {
    const column = columns(name);
    const shown = JSON.stringify(name.slice(0, 100));
    if (!column) {
      throw new Unreadable(
        `The column ${shown} is not known: a column is userName, email, givenName, familyName, displayName, ` +
          'externalId, active, applicationId or the path of another attribute of a User, such as title.',
        line,
      );
    }
    if (column.obstacle !== undefined)
      throw new Unreadable(`The column ${shown} cannot be read: ${column.obstacle}.`, line);
    if (seen.has(column.target))
      throw new Unreadable(`Two columns say what ${column.target} is; leave ${shown} out.`, line);
    seen.add(column.target);
    return column;
  });
  if (!seen.has('userName'))
    throw new Unreadable('The column "userName" is missing: the first line must name the columns.', line);
  return header;
}

function drafted(row: Row<readonly string[]>, header: readonly Column[]): Row<Draft> {
  const { line, value: cells } = row;
  if (cells === undefined) return { line, error: row.error };
  if (cells.length !== header.length) {
    const error = `The line has ${cells.length} of the ${header.length} values that the first line names.`;
    return { line, error };
  }
  return draft(line, (one) => {
    for (const [index, cell] of cells.entries()) if (cell !== '') header[index]?.put(one, cell);
  });
}

function jsonRows(columns: Columns, accept: (row: Row<Draft>) => Row<Person>): RowsOf {
  const reader = createNdjsonReader();
  return (text, isEnd) =>
    read(reader, text, isEnd).map((row) => {
      const { line, value } = row;
      if (value === undefined) return { line, error: row.error };
      const unknown = Object.keys(value).find((name) => !columns(name));
      if (unknown !== undefined)
        return { line, error: `${JSON.stringify(unknown.slice(0, 100))} is no attribute of a User.` };
      return accept(
        draft(line, (one) => {
          for (const name of Object.keys(value)) {
            const given = value[name];
            if (given !== null && given !== '') columns(name)?.put(one, given);
          }
        }),
      );
    });
}

function draft(line: number, fill: (draft: Draft) => void): Row<Draft> {
  const value: Draft = { body: {}, applicationId: undefined };
  try {
    fill(value);
    return { line, value };
  } catch (error) {
    return { line, error: sentenceOf(error) };
  }
}

function acceptRow(type: ResourceType, intake: Intake, row: Row<Draft>): Row<Person> {
  const { line, value: given } = row;
  if (given === undefined) return { line, error: row.error };
  const { body, applicationId } = given;
  body['schemas'] ??= [
    type.schema,
    ...Object.keys(body).filter((name) => isObject(body[name]) && name.includes(':')),
  ];
  try {
    const document = withActive(type, acceptResource(type, body, intake).document);
    validateDocument(type, document);
    return { line, value: { document, applicationId } };
  } catch (error) {
    return { line, error: sentenceOf(error) };
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof ScimError) return error.message;
  // The call stack is at its end.
  if (error instanceof RangeError) return 'The values are nested too deep.';
  throw error;
}
