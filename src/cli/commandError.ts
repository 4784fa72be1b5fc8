/** Why a command did not work, in one line that says what to do. */
export class CommandError extends Error {
  /** 1: it was tried and did not work. 2: it was not understood. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
