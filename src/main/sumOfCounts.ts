import type { Counts, Histogram, Samples } from '../metrics.ts';

/** What several processes have counted, together. */
export function sumOfCounts(all: readonly Counts[]): Counts {
  return {
    requests: sumOfSamples(all.map(({ requests }) => requests)),
    tolerances: sumOfSamples(all.map(({ tolerances }) => tolerances)),
    jobs: sumOfSamples(all.map(({ jobs }) => jobs)),
    dropped: all.reduce((sum, { dropped }) => sum + dropped, 0),
    durations: [
      ...sumOf(
        all.map(({ durations }) => durations),
        sumOfHistograms,
      ),
    ],
  };
}

const sumOfSamples = (all: readonly Samples[]): Samples => [...sumOf(all, (one, other) => one + other)];

function sumOf<T>(
  all: readonly (readonly (readonly [string, T])[])[],
  add: (one: T, other: T) => T,
): ReadonlyMap<string, T> {
  const sums = new Map<string, T>();
  for (const [key, value] of all.flat()) {
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? value : add(sum, value));
  }
  return sums;
}

function sumOfHistograms(one: Histogram, other: Histogram): Histogram {
  return {
    buckets: one.buckets.map((count, index) => count + (other.buckets[index] ?? 0)),
    sum: one.sum + other.sum,
    count: one.count + other.count,
  };
}
