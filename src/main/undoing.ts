/** How to undo what has been done so far. */
export interface Undoing {
  push(step: () => unknown): void;
  /** Undoes everything, last things first; what is undone is not undone again. */
  undo(): Promise<void>;
}

export function undoing(): Undoing {
  const steps: (() => unknown)[] = [];
  return {
    push: (step) => void steps.push(step),
    async undo() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
    },
  };
}
