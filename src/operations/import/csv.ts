/** CSV as it arrives (RFC 4180), with what spreadsheets make of it: a byte order mark, bare line feeds, semicolons, tabs. */
import type { Reader, Row } from './reader.ts';
import { LONGEST_LINE, TooLong } from './reader.ts';

const SEPARATORS = [',', ';', '\t'];

/** One record, and where the next one begins. */
interface Parsed {
  readonly cells: readonly string[];
  readonly error: string | undefined;
  readonly next: number;
  readonly lineFeeds: number;
}

/**
 * Reads records from text that comes in pieces. Which separator is used the first line says. Empty lines are skipped.
 * @returns rows of cells; the first one is the header's
 */
export function createCsvReader(): Reader<readonly string[]> {
  let rest = '';
  let line = 1;
  let separator: string | undefined;

  const read = (isEnd: boolean): Row<readonly string[]>[] => {
    const rows: Row<readonly string[]>[] = [];
    let at = 0;
    while (at < rest.length) {
      separator ??= separatorOf(rest, isEnd);
      const record = separator === undefined ? undefined : parseRecord(rest, at, separator, isEnd);
      if (record === undefined) break;
      const { cells, error, next, lineFeeds } = record;
      if (error !== undefined) rows.push({ line, error });
      else if (cells.length > 1 || cells[0] !== '') rows.push({ line, value: cells });
      line += lineFeeds;
      at = next;
    }
    rest = rest.slice(at);
    if (rest.length > LONGEST_LINE) throw new TooLong(line, 'A quote may be open that is never closed.');
    return rows;
  };
  return {
    push(text) {
      rest += text;
      return read(false);
    },
    end: () => read(true),
  };
}

/** The separator that the first line has most of; undefined while that line is not there as a whole. */
function separatorOf(text: string, isEnd: boolean): string | undefined {
  const end = text.indexOf('\n');
  if (end < 0 && !isEnd) return undefined;
  const header = text.slice(0, end < 0 ? undefined : end).replaceAll(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => header.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))];
}

/** @returns undefined when the record is not there as a whole */
function parseRecord(text: string, from: number, separator: string, isEnd: boolean): Parsed | undefined {
  const lineFeed = text.indexOf('\n', from);
  if (lineFeed < 0 && !isEnd) return undefined;
  const end = lineFeed < 0 ? text.length : lineFeed;
  const plain = text.slice(from, end);
  if (plain.includes('"')) return parseQuoted(text, from, separator, isEnd);
  const cells = withoutReturn(plain).split(separator);
  return { cells, error: undefined, next: end + 1, lineFeeds: 1 };
}

function parseQuoted(text: string, from: number, separator: string, isEnd: boolean): Parsed | undefined {
  const cells: string[] = [];
  let lineFeeds = 1;
  let at = from;
  for (;;) {
    if (text[at] !== '"') {
      const end = endOfCell(text, at, separator);
      const cell = text.slice(at, end);
      if (cell.includes('"'))
        return skipped(
          text,
          at,
          lineFeeds,
          isEnd,
          'A quote stands inside a value; put the whole value in quotes.',
        );
      const ends = text[end] !== separator;
      if (ends && end === text.length && !isEnd) return undefined;
      cells.push(ends ? withoutReturn(cell) : cell);
      if (ends) return { cells, error: undefined, next: end + 1, lineFeeds };
      at = end + 1;
      continue;
    }
    let close = text.indexOf('"', at + 1);
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    // The quote after a closing one may be in the piece that comes next.
    if (close < 0 || (close + 2 >= text.length && !isEnd)) {
      if (!isEnd) return undefined;
      if (close < 0)
        return skipped(text, text.length, lineFeeds, true, 'A quote is opened and never closed.');
    }
    const cell = text.slice(at + 1, close);
    for (let feed = cell.indexOf('\n'); feed >= 0; feed = cell.indexOf('\n', feed + 1)) lineFeeds += 1;
    cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
    at = close + 1;
    if (text[at] === '\r' && (at + 1 === text.length || text[at + 1] === '\n')) at += 1;
    if (at >= text.length || text[at] === '\n') return { cells, error: undefined, next: at + 1, lineFeeds };
    if (text[at] !== separator)
      return skipped(
        text,
        at,
        lineFeeds,
        isEnd,
        'Something follows a closing quote; write a quote within quotes twice.',
      );
    at += 1;
  }
}

/** A record that cannot be read ends with its line. */
function skipped(
  text: string,
  at: number,
  lineFeeds: number,
  isEnd: boolean,
  error: string,
): Parsed | undefined {
  const end = text.indexOf('\n', at);
  if (end < 0 && !isEnd) return undefined;
  return { cells: [], error, next: (end < 0 ? text.length : end) + 1, lineFeeds };
}

function endOfCell(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== '\n') at += 1;
  return at;
}

const withoutReturn = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);
