/**
 * Partial comparison. An object expects the keys it names and no others; a list expects as many elements, in that
 * order; anything else expects itself. An object with one key that begins with `~` is a rule of its own:
 * `~contains` (a list with elements like these among others), `~unordered` (these and no more, in any order),
 * `~matches` (text, by a regular expression), `~type` (any value of a JavaScript type).
 */

type Rule = (wanted: unknown, actual: unknown, at: string) => string[];

const RULES: Readonly<Record<string, Rule>> = {
  '~contains': (wanted, actual, at) => {
    if (!Array.isArray(actual)) return [`${at} is ${show(actual)}, not a list`];
    return listOf(wanted)
      .filter((one) => !actual.some((element) => mismatches(one, element).length === 0))
      .map((one) => `${at} has nothing like ${show(one)}: ${show(actual)}`);
  },
  '~unordered': (wanted, actual, at) => {
    if (!Array.isArray(actual)) return [`${at} is ${show(actual)}, not a list`];
    const left = [...(actual as unknown[])];
    const missing = listOf(wanted).filter((one) => {
      const found = left.findIndex((element) => mismatches(one, element).length === 0);
      if (found >= 0) left.splice(found, 1);
      return found < 0;
    });
    return [
      ...missing.map((one) => `${at} has nothing like ${show(one)}: ${show(actual)}`),
      ...left.map((element) => `${at} has an element too many: ${show(element)}`),
    ];
  },
  '~matches': (wanted, actual, at) =>
    typeof actual === 'string' && new RegExp(String(wanted), 'u').test(actual)
      ? []
      : [`${at} is ${show(actual)}, which /${String(wanted)}/ does not match`],
  '~type': (wanted, actual, at) =>
    typeof actual === wanted ? [] : [`${at} is ${show(actual)}, not a ${String(wanted)}`],
};

/** What of the actual value is not as expected, a sentence each. */
export function mismatches(expected: unknown, actual: unknown, at = 'the answer'): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${at} is ${show(actual)}, not a list`];
    if (actual.length !== expected.length) {
      return [`${at} has ${actual.length} elements instead of ${expected.length}: ${show(actual)}`];
    }
    return expected.flatMap((one, index) => mismatches(one, actual[index], `${at}.${index}`));
  }
  if (!isObject(expected)) {
    return Object.is(expected, actual) ? [] : [`${at} is ${show(actual)} instead of ${show(expected)}`];
  }
  const [first] = Object.keys(expected);
  if (first?.startsWith('~')) {
    const rule = RULES[first];
    if (!rule || Object.keys(expected).length > 1) throw new Error(`${show(expected)} is not a rule`);
    return rule(expected[first], actual, at);
  }
  if (!isObject(actual)) return [`${at} is ${show(actual)}, not an object`];
  return Object.entries(expected).flatMap(([key, one]) => mismatches(one, actual[key], `${at}.${key}`));
}

/**
 * Follows a dotted path. The keys that are there decide where a segment ends, as a URN has dots of its own.
 * @returns the value, undefined if only the last segment leads nowhere
 * @throws when something before the last segment leads nowhere: then nothing can be said of what is asked
 */
export function valueAt(root: unknown, path: string): unknown {
  if (path === '') return root;
  if (!isObject(root) && !Array.isArray(root))
    throw new Error(`there is nothing in which to look for ${path}`);
  const keys = Object.keys(root).filter((key) => path === key || path.startsWith(`${key}.`));
  const key = keys.sort((a, b) => b.length - a.length)[0];
  if (key !== undefined) return valueAt((root as Record<string, unknown>)[key], path.slice(key.length + 1));
  if (lastSegment(path) !== path) throw new Error(`there is nothing on the way to ${path}`);
  return undefined;
}

/** The last key of a dotted path: `manager`, or a URN with its dots. */
export function lastSegment(path: string): string {
  return /(?:^|\.)(urn:[^.]*\.\d:\w+|[^.]+)$/.exec(path)?.[1] ?? path;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(wanted: unknown): readonly unknown[] {
  if (!Array.isArray(wanted)) throw new Error(`${show(wanted)} should be a list`);
  return wanted;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 600 ? `${text.slice(0, 600)} …` : text;
}
