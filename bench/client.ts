/** A connection that is kept open, for one request at a time: as little work as can be, since it shares the machine. */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly head: string;
  /** Empty unless it was to be kept, or says what was wrong. */
  readonly body: string;
  /** Of the body, in bytes, without its transfer coding. */
  readonly length: number;
}

export class Client {
  readonly #socket: Socket;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #keep = false;
  #head = '';
  #rest: Buffer | undefined;
  #status = 0;
  #chunked = false;
  #left = 0;
  #length = 0;
  #kept: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#take(data));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed before an answer')));
  }

  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Client(socket)));
      socket.once('error', reject);
    });
  }

  /** @param text the whole request, as latin1 */
  send(text: string, keep: boolean): Promise<Answer> {
    this.#keep = keep;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(text, 'latin1');
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(given: Buffer): void {
    let data = this.#rest === undefined ? given : Buffer.concat([this.#rest, given]);
    this.#rest = undefined;
    if (this.#head === '') {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = data;
        return;
      }
      this.#head = data.toString('latin1', 0, end);
      this.#status = Number(this.#head.slice(9, 12));
      this.#chunked = /\r\ntransfer-encoding: chunked/i.test(this.#head);
      this.#left = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1] ?? 0);
      data = data.subarray(end + 4);
    }
    if (this.#chunked) this.#takeChunks(data);
    else {
      this.#add(data);
      this.#left -= data.length;
      if (this.#left <= 0) this.#done();
    }
  }

  // `left` counts what is still to come of a chunk with the line end after it.
  #takeChunks(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (this.#left === 0) {
        const end = data.indexOf('\r\n', at);
        if (end < 0) {
          this.#rest = data.subarray(at);
          return;
        }
        const size = Number.parseInt(data.toString('latin1', at, end), 16);
        at = end + 2;
        if (size === 0) {
          if (data.length < at + 2) {
            this.#rest = data.subarray(end - 1);
            return;
          }
          this.#done();
          return;
        }
        this.#left = size + 2;
      }
      const part = data.subarray(at, at + this.#left);
      const ending = Math.max(0, part.length - (this.#left - 2));
      this.#add(part.subarray(0, part.length - ending));
      this.#left -= part.length;
      at += part.length;
    }
  }

  #add(data: Buffer): void {
    this.#length += data.length;
    if ((this.#keep || this.#status >= 400) && data.length > 0) this.#kept.push(data);
  }

  #done(): void {
    const answer: Answer = {
      status: this.#status,
      head: this.#head,
      body: this.#kept.length > 0 ? Buffer.concat(this.#kept).toString('utf8') : '',
      length: this.#length,
    };
    this.#head = '';
    this.#length = 0;
    this.#left = 0;
    this.#kept = [];
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}
