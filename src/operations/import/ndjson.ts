import { isObject } from '../../scim/resource/document.ts';
import { LONGEST_LINE, type Reader, type Row, TooLong } from './reader.ts';

/** Reads one JSON object a line from text that comes in pieces. Empty lines are skipped. */
export function createNdjsonReader(): Reader<Record<string, unknown>> {
  let rest = '';
  let line = 0;
  const rowOf = (text: string): Row<Record<string, unknown>>[] => {
    line += 1;
    if (text.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return [{ line, error: 'This is not JSON: each line must be one JSON object.' }];
    }
    return [isObject(value) ? { line, value } : { line, error: 'This is JSON, but no JSON object.' }];
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE)
        throw new TooLong(line + 1, 'Each JSON object must be on a line of its own.');
      return lines.flatMap(rowOf);
    },
    end: () => rowOf(rest),
  };
}
