/** The closed list of reasons for which bytes from a peer are dropped. Metrics label by them. */
export const DROP_REASONS = [
  "too_small",
  "too_large",
  "unknown_connection",
  "bad_length",
  "bad_mac",
  "bad_version",
  "bad_key",
  "auth_failed",
  "replayed",
  "stale",
  "bad_frame",
  "unknown_frame",
  "bad_message",
  "unknown_message",
  "unexpected",
  "limit",
  "no_room",
  "not_canonical",
  "bad_manifest",
  "bad_signature",
  "bad_record",
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** The value a decoder returns instead of throwing: bad bytes are weather, not an emergency. */
export interface Drop {
  readonly drop: DropReason;
}

const DROPS = Object.fromEntries(
  DROP_REASONS.map((reason) => [reason, Object.freeze({ drop: reason })]),
) as Record<DropReason, Drop>;

/** The shared Drop value of `reason`: a flood of junk allocates nothing here. */
export function drop(reason: DropReason): Drop {
  return DROPS[reason];
}

/** True if a decoder's result is a Drop. */
export function isDrop(value: unknown): value is Drop {
  return typeof value === "object" && value !== null && "drop" in value &&
    DROPS[(value as Drop).drop] === value;
}
