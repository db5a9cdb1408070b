import { layout } from "./layout.ts";

/** The four packets of protocol.md §1, big-endian, as they are before masking. */

/** First word of an INIT; connection ids start above the words that may name packet types. */
export const INIT_WORD = 1;
export const PROTOCOL_VERSION = 1;

/** Head of a DATA packet; sealed frames and a 16-byte tag follow. */
export const DATA_HEAD = layout({ connectionId: "u32", length: "u16", packetNumber: "u48" });

/** Head of an INIT. `connectionId` is the one its sender wants to be written to under. */
export const INIT_HEAD = layout({
  word: "u32",
  length: "u16",
  version: "u8",
  zero: "u8",
  connectionId: "u32",
});
/** What lies before an INIT's sealed payload … */
export const INIT_FRONT = layout({
  word: "u32",
  restOfHead: "u64",
  ephemeral: "key32",
  sealedStatic: "sealed48",
});
/** … and behind it. */
export const INIT_TAIL = layout({ proof: "tag16", mac1: "tag16" });
/** Frames and PAD follow. */
export const INIT_PAYLOAD = layout({
  flags: "u8",
  ciphers: "u8",
  timeStampMs: "u64",
  idNonce: "u64",
  rankNonce: "u64",
  rank: "u8",
  datagramBytesMax: "u16",
});

/** What lies before a RESP's sealed payload. */
export const RESP_FRONT = layout({ tag: "u64", length: "u16", ephemeral: "key32" });
/** Frames and PAD follow. */
export const RESP_PAYLOAD = layout({
  connectionId: "u32",
  cipher: "u8",
  idNonce: "u64",
  rankNonce: "u64",
  rank: "u8",
  datagramBytesMax: "u16",
  observedAddress: "address19",
  token: "tag16",
});

/** A whole COOKIE. */
export const COOKIE_PACKET = layout({
  tag: "u64",
  length: "u16",
  nonce: "nonce12",
  sealed: "sealed40",
});
export const COOKIE_PAYLOAD = layout({ cookie: "tag16", unixMs: "u64" });

/** A responder answers with at most three times what it got, and RESP with 16 contacts is 1,157. */
export const INIT_BYTES_MIN = 400;
/** Random lengths up to here; more only if the frames need it. */
export const INIT_BYTES_PADDED_MAX = 640;
/** Fits every path. */
export const INIT_BYTES_MAX = 1200;
export const RESP_BYTES_MIN = RESP_FRONT.bytes + RESP_PAYLOAD.bytes + 16;
export const RESP_BYTES_MAX = 1200;
/** Frames that fit an INIT or RESP of the largest size. */
export const INIT_FRAMES_MAX = INIT_BYTES_MAX - INIT_FRONT.bytes - INIT_PAYLOAD.bytes - 16 -
  INIT_TAIL.bytes;
