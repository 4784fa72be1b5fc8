/** A file, or what follows of it, that cannot be understood. The message says what to do. */
export class Unreadable extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.name = 'Unreadable';
    this.line = line;
  }
}
