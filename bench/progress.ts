/** What is being done, on stderr: one line that is written over on a terminal, a line for each step elsewhere. */
export interface Progress {
  readonly step: (text: string) => void;
  readonly bar: (done: number, all: number, what: string) => void;
}

const WIDTH = 24;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const began = performance.now();
  let said = '';
  const time = (): string => `${((performance.now() - began) / 1_000).toFixed(0)} s`.padStart(6);
  return {
    step(text) {
      stream.write(stream.isTTY ? `\r\x1b[K${time()}  ${text}\n` : `${time()}  ${text}\n`);
    },
    bar(done, all, what) {
      if (stream.isTTY) {
        const full = Math.round((done / all) * WIDTH);
        stream.write(`\r\x1b[K${time()}  ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${what}`);
        if (done >= all) stream.write('\r\x1b[K');
      } else if (what !== said || done >= all) {
        said = what;
        stream.write(`${time()}  ${what} ${done}/${all}\n`);
      }
    },
  };
}
