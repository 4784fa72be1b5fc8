import closeWithGrace from 'close-with-grace';
import type { Log } from '../logger.ts';

export interface StopOptions {
  readonly log: Log;
  /** Seconds that `close` may take. */
  readonly graceSeconds: number;
  readonly close: () => Promise<void>;
  /**
   * Whether another process is told as well, and tells this one: then a signal that comes after its word, or before it, is no
   * second one, which would end the process at once.
   */
  readonly isLed?: boolean;
}

const SHARED = ['SIGINT', 'SIGTERM'] as const;

/**
 * Closes and ends the process at a signal or a fault. To be called from the first moment on, because as the first process
 * of a container it would else not be stopped at all.
 *
 * @returns what does the same for another reason, once
 */
export function stopWhenTold({ log, graceSeconds, close, isLed }: StopOptions): (reason: string) => void {
  const { observe, flush } = log;
  let stopping: string | undefined;
  const onTimeout = (): void => {
    observe({
      kind: 'closing',
      reason: 'requests take longer than SHUTDOWN_GRACE_SECONDS',
      error: undefined,
    });
    flush();
  };
  const { close: begin } = closeWithGrace(
    { delay: graceSeconds * 1000, logger: false, onTimeout, ...(isLed === true && { skip: [...SHARED] }) },
    async ({ signal, err }) => {
      stopping ??= signal ?? 'a fault';
      observe({ kind: 'closing', reason: stopping, error: err });
      try {
        await close();
        observe({ kind: 'closed' });
      } finally {
        flush();
      }
    },
  );
  const stop = (reason: string): void => {
    if (stopping !== undefined) return;
    stopping = reason;
    begin();
  };
  if (isLed === true) for (const signal of SHARED) process.on(signal, () => stop(signal));
  return stop;
}
