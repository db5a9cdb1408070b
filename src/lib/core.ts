import type { Instant } from "./instant.ts";

/** What every protocol core implements and nothing wider (sans-I/O): `now` is stamped once per
 * datagram or timer by the driver, so a core never reads a clock. */
export interface Core<Input, Effect> {
  /** World → core. */
  handleInput(input: Input, now: Instant): void;
  /** Safe to call early or twice. */
  handleTimeout(now: Instant): void;
  /** The driver arms one timer for the earliest of all cores. */
  nextTimeout(): Instant | undefined;
  /** Core → world, in order; call until undefined. */
  pollEffect(): Effect | undefined;
}
