import { SkerryError } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ReadOptions } from "./api.ts";

/** Milliseconds a reader waits for the next byte where it names no other time (gateway.md §5). */
export const READ_TIMEOUT_MS = 30_000;

/** `work`, or a rejection once its time is up or its caller has gone. The work itself goes on: the
 * caller closes what it opened. @param onTimeout makes the error that says what was waited for. */
export function withDeadline<T>(
  work: Promise<T>,
  clock: Clock,
  options: ReadOptions | undefined,
  onTimeout: (waitedMs: number) => SkerryError,
): Promise<T> {
  const signal = options?.signal;
  const timeoutMs = options?.timeoutMs ?? READ_TIMEOUT_MS;
  if (signal?.aborted) return rejectUnheard(work, cancelled());
  return new Promise((resolve, reject) => {
    const abort = (): void => finish(() => reject(cancelled()));
    const stopTimer = clock.schedule(timeoutMs, () => finish(() => reject(onTimeout(timeoutMs))));
    const finish = (settle: () => void): void => {
      stopTimer();
      signal?.removeEventListener("abort", abort);
      settle();
    };
    signal?.addEventListener("abort", abort, { once: true });
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
  });
}

function rejectUnheard<T>(work: Promise<T>, error: SkerryError): Promise<T> {
  work.catch(() => {}); // nobody waits for it any more
  return Promise.reject(error);
}

function cancelled(): SkerryError {
  return new SkerryError("CANCELLED", "The reader left before the answer was there");
}
