/** An answer that is sent while it is made, at the pace of its reader. */
import { Readable } from 'node:stream';

/** How long a reader may take nothing, in milliseconds: what the answer is made of is held for it meanwhile. */
const READER_PATIENCE = 20_000;
/** Bytes that are sent at a time: more than a socket takes without saying that it wants to be waited for. */
const ROOM = 64 * 1024;

const encoder = new TextEncoder();

/**
 * Sends from two buffers that are filled again and again: while one is on its way, the other is filled. What Node has
 * sent it holds until the next full garbage collection; were it texts, they would fill the memory until then.
 */
export class Outlet {
  /** What Fastify sends. Destroyed by it when the client has gone. */
  readonly stream: Readable;
  readonly #patienceMs: number;
  readonly #buffers = [Buffer.allocUnsafeSlow(ROOM), Buffer.allocUnsafeSlow(ROOM)] as const;
  #turn: 0 | 1 = 0;
  #filled = 0;
  #wanted = false;
  #go: (() => void) | undefined;

  constructor(patienceMs: number = READER_PATIENCE) {
    this.#patienceMs = patienceMs;
    this.stream = new Readable({
      // One buffer waits at most, and more is wanted only when the one before it has been sent.
      highWaterMark: 1,
      read: () => {
        this.#wanted = true;
        this.#go?.();
      },
    });
    this.stream.on('close', () => this.#go?.());
    // Fastify hears of it too, and tells; between its listeners and ours nothing is to end the process.
    this.stream.on('error', () => undefined);
  }

  /**
   * Resolves when there is room for more.
   * @throws Error when the reader has gone, or has taken nothing for too long
   */
  async write(part: string): Promise<void> {
    for (let rest = part; rest !== ''; ) {
      const { read, written } = encoder.encodeInto(rest, this.#buffers[this.#turn].subarray(this.#filled));
      this.#filled += written;
      rest = rest.slice(read);
      if (rest !== '') await this.#send();
    }
  }

  end(): void {
    this.#push();
    this.stream.push(null);
  }

  /** Ends it so that nobody takes for whole what is not. */
  breakOff(error: Error): void {
    this.stream.destroy(error);
  }

  async #send(): Promise<void> {
    const { stream } = this;
    this.#wanted = false;
    this.#push();
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#filled = 0;
    if (!this.#wanted && !stream.destroyed) {
      let timer: NodeJS.Timeout | undefined;
      const late = await new Promise<boolean>((resolve) => {
        this.#go = () => resolve(false);
        timer = setTimeout(() => resolve(true), this.#patienceMs);
      });
      clearTimeout(timer);
      this.#go = undefined;
      if (late) throw new Error(`nothing of the answer was read for ${this.#patienceMs / 1_000} s`);
    }
    if (stream.destroyed) throw new Error('the reader has gone');
  }

  #push(): void {
    if (this.#filled > 0) this.stream.push(this.#buffers[this.#turn].subarray(0, this.#filled));
  }
}
