/** Resolves after the event loop has looked at its sockets and timers: what runs long on this
 * thread calls it every few milliseconds. A few microseconds when nothing waits. */
export function yieldTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
