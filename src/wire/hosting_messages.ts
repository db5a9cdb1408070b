import { defineMessage } from "./define_message.ts";
import { id20, maybeU64, u16, u32, u8 } from "./fields.ts";

/** Codes of QUOTE_REPLY and STORE_REPLY: whether a node keeps a chunk for its publisher. */
export const HOSTING_CODE = {
  agreed: 0,
  /** The publisher's identity is not worth more than the host's (S2-10). */
  rank: 1,
  underpaid: 2,
  /** The price would lead past the publisher's line at the host. */
  credit: 3,
  /** The host has sold the room that it sells, or this publisher has all that one may have. */
  full: 4,
  busy: 5,
  /** The host could not pull what it was offered. */
  failed: 6,
  /** For a reason that the host does not tell. */
  refused: 7,
} as const;

export const QUOTE = defineMessage(
  73,
  "QUOTE",
  "What does it cost that you keep this chunk (by its SHA-1, of so many bytes) for so many weeks?",
  { requestId: u32, id: id20, bytes: u32, weeks: u8 },
);
export const QUOTE_REPLY = defineMessage(
  74,
  "QUOTE_REPLY",
  "Answers QUOTE: 0 for `price` credit bytes, if STORE names `quote` within `ttl` seconds; else " +
    "why not: 1 `rank` is the least that a publisher must have here, 4 no room, 5 busy, 7 no.",
  { requestId: u32, code: u8, quote: u32, price: maybeU64, ttl: u16, rank: u8 },
);
export const STORE = defineMessage(
  75,
  "STORE",
  "Keep the chunk of that quote, for `price` credit bytes. That offers it: the receiver pulls it " +
    "from the sender by FETCH, which costs nothing. Without a quote it is dropped.",
  { requestId: u32, quote: u32, id: id20, price: maybeU64 },
);
export const STORE_REPLY = defineMessage(
  76,
  "STORE_REPLY",
  "Answers STORE: 0 it is here, and kept until `until` (unix seconds); 2 `price` is its price, " +
    "3 it costs more than the sender's credit, 4 no room, 5 busy, 6 it could not be pulled, 7 no.",
  { requestId: u32, code: u8, price: maybeU64, until: u32 },
);

/** What node and node say to each other where one keeps chunks for another. */
export const HOSTING_MESSAGES = [QUOTE, QUOTE_REPLY, STORE, STORE_REPLY] as const;
