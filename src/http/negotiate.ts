/** In which media type to answer (RFC 7644 §3.8, B1.03). */
import { ScimError } from '../scim/errors.ts';

export type MediaType = 'application/scim+json' | 'application/json';

/** In order of preference: a client that takes both gets the first. */
const OFFERED: readonly MediaType[] = ['application/scim+json', 'application/json'];

/** Accept headers seen before, of which there are few. */
const known = new Map<string, MediaType>();

/** @throws ScimError 406 when the client takes no JSON. */
export function negotiate(accept: string | undefined): MediaType {
  if (accept === undefined || accept === '' || accept === '*/*') return OFFERED[0] as MediaType;
  const before = known.get(accept);
  if (before !== undefined) return before;
  const best = choose(accept);
  if (known.size < 100 && accept.length < 200) known.set(accept, best);
  return best;
}

function choose(accept: string): MediaType {
  const ranges = accept.toLowerCase().split(',').map(readRange);
  let best: { type: MediaType; quality: number } | undefined;
  for (const type of OFFERED) {
    // RFC 9110 §12.5.1: the most specific range counts.
    const range = ['application/*', '*/*'].reduce(
      (found, wider) => found ?? ranges.find(({ name }) => name === wider),
      ranges.find(({ name }) => name === type),
    );
    const quality = range?.quality ?? 0;
    if (quality > (best?.quality ?? 0)) best = { type, quality };
  }
  if (best !== undefined) return best.type;
  throw new ScimError(
    406,
    undefined,
    'Answers are application/scim+json or application/json: name one of them in Accept.',
  );
}

function readRange(text: string): { name: string; quality: number } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const number = quality === undefined ? 1 : Number(quality);
  return { name, quality: number >= 0 && number <= 1 ? number : 1 };
}
