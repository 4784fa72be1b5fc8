/** What readers of uploaded files have in common. */

/** What is on a line, or why it cannot be read. */
export type Row<T> =
  | { readonly line: number; readonly value: T; readonly error?: undefined }
  | { readonly line: number; readonly value?: undefined; readonly error: string };

/** Makes rows of text that comes in pieces, holding no more than the row that is not whole yet. */
export interface Reader<T> {
  /** @throws TooLong */
  push(text: string): Row<T>[];
  /** What is left when there is no more text. */
  end(): Row<T>[];
}

/** Of one row, in characters. */
export const LONGEST_LINE = 1_048_576;

/** A row for which no memory is given. */
export class TooLong extends Error {
  readonly line: number;

  constructor(line: number, hint: string) {
    super(`Line ${line} is longer than ${LONGEST_LINE} characters. ${hint}`);
    this.line = line;
  }
}
