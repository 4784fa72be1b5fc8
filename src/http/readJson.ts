import { isUtf8 } from 'node:buffer';
import { invalidSyntax } from '../scim/errors.ts';

/** Containers inside one another (B15.06). */
const DEEPEST = 32;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads a JSON text that comes from outside. Beyond the grammar it refuses what two readers could take for
 * two different things: invalid UTF-8, a key twice in one object, and keys that reach for the prototype.
 */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalidSyntax('The body is not valid UTF-8.');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidSyntax(`The body is not valid JSON: ${reasonOf(error)}.`);
  }
  checkKeys(text);
  return value;
}

/** One pass over a text that is known to be JSON. */
function checkKeys(text: string): void {
  // For each open container: the keys seen so far (none for a list), and whether it is a `constructor`.
  const open: (Set<string> | undefined)[] = [];
  const constructors: boolean[] = [];
  let keys: Set<string> | undefined;
  let key = '';
  let keyIsNext = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = closingQuote(text, at + 1);
        if (keyIsNext && keys !== undefined) {
          key = text.slice(at + 1, end);
          if (key.includes('\\')) key = JSON.parse(text.slice(at, end + 1)) as string;
          if (keys.has(key)) throw invalidSyntax(`The body has the key ${quoted(key)} twice in one object.`);
          if (key === '__proto__' || (key === 'prototype' && constructors.at(-1) === true)) {
            throw invalidSyntax(`The body has the key ${quoted(key)}, which is not accepted.`);
          }
          keys.add(key);
          keyIsNext = false;
        }
        at = end;
        break;
      }
      case COMMA:
        keyIsNext = keys !== undefined;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST: {
        if (open.length === DEEPEST)
          throw invalidSyntax(`The body is nested more than ${DEEPEST} levels deep.`);
        const object = text.charCodeAt(at) === OPEN_OBJECT;
        constructors.push(object && keys !== undefined && key === 'constructor');
        keys = object ? new Set() : undefined;
        open.push(keys);
        keyIsNext = object;
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        constructors.pop();
        keys = open.at(-1);
        keyIsNext = false;
        break;
    }
  }
}

function closingQuote(text: string, from: number): number {
  for (let end = text.indexOf('"', from); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}

const quoted = (key: string) => JSON.stringify(key.slice(0, 100));

/** What the parser says, unless it repeats a part of the body. */
function reasonOf(error: unknown): string {
  const said = (error as Error).message;
  if (/^(Unexpected token|Bad control)/.test(said)) return 'a character stands where JSON does not allow it';
  return said.replace(/ \(line.*$/, '').replace(/ in JSON/, '');
}
