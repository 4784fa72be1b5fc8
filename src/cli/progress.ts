/** How far a long command is: a bar for people who watch, lines for a log. */
import { counted } from './counted.ts';

interface Progress {
  show(at: { readonly lines: number; readonly bytes: number }): void;
  /** Says something beside it. */
  note(text: string): void;
  /** Leaves nothing half drawn. */
  end(): void;
}

const WIDTH = 30;
const EVERY_MS = 5_000;

/** @param size of the whole, in bytes, where it is known */
export function progressOn(output: NodeJS.WriteStream, size: number | undefined): Progress {
  const began = performance.now();
  let last = began;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) output.write('\r\u001b[K');
    isDrawn = false;
  };
  return {
    show({ lines, bytes }) {
      const now = performance.now();
      const rate = `${counted(lines, 'line')}, ${counted(Math.round((lines / (now - began)) * 1000))} a second`;
      const share = size === undefined || size === 0 ? undefined : Math.min(1, bytes / size);
      const percent = share === undefined ? '' : `${Math.floor(share * 100)} %, `;
      if (output.isTTY) {
        const full = Math.round((share ?? 0) * WIDTH);
        const bar = share === undefined ? '' : `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] `;
        output.write(`\r\u001b[K${bar}${percent}${rate}`);
        isDrawn = true;
      } else if (now - last >= EVERY_MS) {
        last = now;
        output.write(`${percent}${rate}\n`);
      }
    },
    note(text) {
      clear();
      output.write(`${text}\n`);
    },
    end: clear,
  };
}
