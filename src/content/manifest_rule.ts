import { CHUNK_BYTES } from "./merkle.ts";

/** Every rule that a manifest object can break, as the end of a sentence that begins with it. */
const RULES = {
  too_large: "is larger than 1 MiB",
  not_canonical: "is not a canonical object",
  shape: "does not have the nine fields of a manifest",
  version: "has a format version that this software does not know",
  kind: "is of a kind that this software does not know",
  chunk_size: `has a chunk size other than ${CHUNK_BYTES}`,
  encryption: "uses an encryption mode that this software does not know",
  size: "has a size out of range",
  file_root: "has a file root of the wrong length",
  file_root_mismatch: "has a file root other than that of its bytes",
  mime: "has a media type that is not one",
  name: "has a name that breaks the rules for names",
  body: "has a body of the wrong shape",
  inline_size: "holds a number of bytes other than its size",
  should_be_inline: "lists chunks for a file that is small enough to be inline",
  chunk_entry: "has a chunk entry of the wrong shape",
  hash_algorithm: "locates a chunk by a hash that this software does not know",
  chunk_length: "has a chunk whose length does not fit",
  slice_hashes: "has a chunk whose number of slice hashes does not fit its length",
  chunk_count: "has a number of chunks that does not fit its size",
  page_count: "has a number of pages that does not fit",
  page_mismatch: "is not the page that its head announces",
  entry: "has a directory entry of the wrong shape",
  entry_name: "has a directory entry whose name breaks the rules for names",
  entry_order: "has directory entries that are not in order or not unique",
  entry_count: "has a number of directory entries that does not fit",
  stray_fields: "has a file root, media type or name where none belongs",
} as const;

export type ManifestRule = keyof typeof RULES;

/** What a decoder of this room returns for bytes that break a rule. */
export interface ManifestFault {
  readonly fault: ManifestRule;
}

const FAULTS = Object.fromEntries(
  Object.keys(RULES).map((rule) => [rule, Object.freeze({ fault: rule })]),
) as Record<ManifestRule, ManifestFault>;

/** The shared value of `rule`: a flood of junk allocates nothing here. */
export function manifestFault(rule: ManifestRule): ManifestFault {
  return FAULTS[rule];
}

/** True if a decoder's result is a fault. */
export function isManifestFault(value: unknown): value is ManifestFault {
  return typeof value === "object" && value !== null && "fault" in value &&
    FAULTS[(value as ManifestFault).fault] === value;
}

/** The rule in words: the end of a sentence that begins with the object. */
export function describeFault(fault: ManifestFault): string {
  return RULES[fault.fault];
}
