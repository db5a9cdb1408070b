/** Monotonic milliseconds. Never mixed with UnixMs: the wall clock may jump, this one may not. */
export type Instant = number & { readonly unit: "monotonic ms" };

/** Milliseconds since 1970-01-01 UTC, as written on the wire and on disk. May jump either way. */
export type UnixMs = number & { readonly unit: "unix ms" };

/** `instant` moved by `ms`, which may be negative or fractional. */
export function after(instant: Instant, ms: number): Instant {
  return (instant + ms) as Instant;
}

/** The earliest of some deadlines; undefined where none is set. */
export function earliest(...deadlines: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const deadline of deadlines) {
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline;
  }
  return first;
}
