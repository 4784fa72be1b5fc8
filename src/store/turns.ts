/** So many at once, the others in the order in which they came. */
export interface Turns {
  /**
   * @throws what `late` makes when no turn has come in time; what the work throws
   */
  take<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * @param places at least 1
 * @param patienceMs how long a turn is waited for
 * @param late makes what is thrown when none has come
 */
export function createTurns(places: number, patienceMs: number, late: () => Error): Turns {
  let free = places;
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const called = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(called), 1);
        reject(late());
      }, patienceMs);
      waiting.push(called);
    });
  };
  return {
    async take(work) {
      await turn();
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
