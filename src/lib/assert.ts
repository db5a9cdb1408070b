/** Our bug, not a peer's fault: something this program promises itself did not hold. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops the program's current deed when one of its own promises is broken.
 * Never used on bytes from a stranger: those are dropped with a reason, see wire/drop.ts.
 * @throws {AssertionError} if `condition` is false. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** As assert() with a false condition, for deeds done 100,000 times a second: there a message with
 * values in it, built for every call that holds, costs more than the deed (a number as text is 2 µs
 * and garbage).
 * @throws {AssertionError} always. */
export function broken(message: string): never {
  throw new AssertionError(message);
}

/** Marks a branch that the types rule out; a new case in a union becomes a compile error here.
 * @throws {AssertionError} always. */
export function unreachable(value: never, message = "unreachable"): never {
  throw new AssertionError(`${message}: ${JSON.stringify(value)}`);
}
