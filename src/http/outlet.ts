/** An answer that is sent while it is made, at the pace of its reader. */
import { PassThrough } from 'node:stream';

/** How long a reader may take nothing, in milliseconds: what the answer is made of is held for it meanwhile. */
export const READER_PATIENCE = 20_000;
/** Bytes that may wait for the reader before the next part is made. */
const AHEAD = 256 * 1024;

export class Outlet {
  /** What Fastify sends. Destroyed by it when the client has gone. */
  readonly stream = new PassThrough({ highWaterMark: AHEAD });
  readonly #patienceMs: number;

  constructor(patienceMs: number = READER_PATIENCE) {
    this.#patienceMs = patienceMs;
    // Fastify hears of it too, and tells; between its listeners and ours nothing is to end the process.
    this.stream.on('error', () => undefined);
  }

  /**
   * Resolves when there is room for more.
   * @throws Error when the reader has gone, or has taken nothing for too long
   */
  async write(part: string): Promise<void> {
    const { stream } = this;
    if (stream.destroyed) throw gone();
    if (stream.write(part)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        stream.off('drain', drained).off('close', closed);
        if (error) reject(error);
        else resolve();
      };
      const drained = (): void => settle();
      const closed = (): void => settle(gone());
      const timer = setTimeout(
        () => settle(new Error(`nothing of the answer was read for ${this.#patienceMs / 1_000} s`)),
        this.#patienceMs,
      );
      stream.once('drain', drained).once('close', closed);
    });
  }

  end(): void {
    this.stream.end();
  }

  /** Ends it so that nobody takes for whole what is not. */
  breakOff(error: Error): void {
    this.stream.destroy(error);
  }
}

const gone = (): Error => new Error('the reader has gone');
