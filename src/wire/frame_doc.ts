import { ACK_FRAME } from "./frame_ack.ts";
import { ACK_FREQ_FRAME } from "./frame_ack_freq.ts";
import { ADDR_FRAME } from "./frame_addr.ts";
import { ANSWER_FRAME } from "./frame_answer.ts";
import { CANCEL_FRAME } from "./frame_cancel.ts";
import { CLOSE_FRAME } from "./frame_close.ts";
import { DATA_FRAME } from "./frame_data.ts";
import { EXTENSIONS_FRAME } from "./frame_extensions.ts";
import { FETCH_FRAME } from "./frame_fetch.ts";
import { FETCH_INFO_FRAME } from "./frame_fetch_info.ts";
import { IMMEDIATE_ACK_FRAME } from "./frame_immediate_ack.ts";
import { MSG_FRAME } from "./frame_msg.ts";
import { NEW_CID_FRAME } from "./frame_new_cid.ts";
import { PATH_FRAME } from "./frame_path.ts";
import { PING_FRAME } from "./frame_ping.ts";
import { SLICE_END_FRAME } from "./frame_slice_end.ts";
import { FRAME } from "./frame_type.ts";
import { ACK_RANGES_MAX, CLOSE_REASON_BYTES_MAX } from "./limits.ts";

interface FrameRow {
  readonly name: string;
  readonly layout: {
    readonly at: Readonly<Record<string, number>>;
    readonly bytes: number;
    readonly fields: Readonly<Record<string, string>>;
  };
  /** What follows the fixed part. */
  readonly tail?: string;
  readonly purpose: string;
}

/** What every frame is for, by its key in FRAME; its fields come from its own layout. */
const ROWS: Readonly<Record<keyof typeof FRAME, FrameRow>> = {
  pad: { name: "PAD", layout: PING_FRAME, purpose: "Nothing. Not ack-eliciting." },
  ping: { name: "PING", layout: PING_FRAME, purpose: "Asks for an ACK." },
  ack: {
    name: "ACK",
    layout: ACK_FRAME,
    tail: "length of the first range, then `rangeCount` (at most " + ACK_RANGES_MAX +
      ") pairs (gap, length), all varints as RFC 9000 §16 and §19.3.1",
    purpose: "Which packets came. `delay` in units of 8 us. Not ack-eliciting.",
  },
  pathChallenge: {
    name: "PATH_CHALLENGE",
    layout: PATH_FRAME,
    purpose: "Asks the peer to prove that it hears us at this address.",
  },
  pathResponse: {
    name: "PATH_RESPONSE",
    layout: PATH_FRAME,
    purpose: "The challenge's data, sent back.",
  },
  close: {
    name: "CLOSE",
    layout: CLOSE_FRAME,
    tail: `the reason in UTF-8, at most ${CLOSE_REASON_BYTES_MAX} bytes`,
    purpose: "The connection ends now: 0 done, 1 protocol, 2 limit, 3 draining, 4 rank. " +
      "Not ack-eliciting.",
  },
  msg: {
    name: "MSG",
    layout: MSG_FRAME,
    tail: "`length` bytes",
    purpose: "Bytes of a control message of `total` bytes, from `offset` on.",
  },
  fetch: {
    name: "FETCH",
    layout: FETCH_FRAME,
    purpose: "Asks for slices of an object (bit i = slice i of 65,536 bytes); it is the credit " +
      "for their bytes. maxPrice is the greatest price factor that is agreed to (0 to 160), or " +
      "255 where an object is pulled that was offered, for nothing.",
  },
  data: {
    name: "DATA",
    layout: DATA_FRAME,
    tail: "`length` bytes",
    purpose: "Bytes of the object that FETCH asked for, from `offset` of the object on.",
  },
  sliceEnd: {
    name: "SLICE_END",
    layout: SLICE_END_FRAME,
    purpose: "Status 0: every byte of the slice has been sent. Else: it will not come.",
  },
  cancel: { name: "CANCEL", layout: CANCEL_FRAME, purpose: "No more bytes of this FETCH." },
  ackFreq: {
    name: "ACK_FREQ",
    layout: ACK_FREQ_FRAME,
    purpose: "How often to acknowledge: after `threshold` packets, `maxDelayMs`, or a gap " +
      "`reorder` packets old (0 = never for a gap).",
  },
  immediateAck: { name: "IMMEDIATE_ACK", layout: IMMEDIATE_ACK_FRAME, purpose: "ACK at once." },
  addr: {
    name: "ADDR",
    layout: ADDR_FRAME,
    purpose: "The receiver's address as the sender sees it: family u8 (4 or 6), ip 16 (IPv4: " +
      "the first 4, the rest 0), port u16.",
  },
  newCid: {
    name: "NEW_CID",
    layout: NEW_CID_FRAME,
    purpose: "One more connection id under which the sender can be reached, numbered from 1 on.",
  },
  fetchInfo: {
    name: "FETCH_INFO",
    layout: FETCH_INFO_FRAME,
    purpose: "The first answer to every FETCH. Status: 0 ok, 1 unknown, 2 busy, 3 rank (`factor` " +
      "is the rank that it takes, and further FETCHes may get no answer), 4 credit.",
  },
  extensions: {
    name: "EXTENSIONS",
    layout: EXTENSIONS_FRAME,
    tail: "`count` entries: id u16, version u8",
    purpose: "What the sender speaks beyond sk/1; unknown ids are ignored.",
  },
  answer: {
    name: "ANSWER",
    layout: ANSWER_FRAME,
    tail: "`length` bytes",
    purpose: "A whole control message that is said once: like ACK it is not acknowledged for its " +
      "own sake, and it is not sent again. For answers that are asked for again if they are lost.",
  },
};

/** The section on frames of docs/wire.md, in the order of their numbers. */
export function frameSections(): string[] {
  const keys = Object.keys(FRAME) as (keyof typeof FRAME)[];
  return [
    "# Frames",
    "",
    "What a packet carries, back to back. Printed from `src/wire/frame_*.ts`. Numbers are " +
    "big-endian. An unknown type, or a frame that does not fit its packet, closes the connection.",
    "",
    ...keys.sort((a, b) => FRAME[a] - FRAME[b]).flatMap(frameSection),
  ];
}

function frameSection(key: keyof typeof FRAME): string[] {
  const { name, layout, tail, purpose } = ROWS[key];
  const rows = Object.entries(layout.fields).map(([field, width]) => {
    const value = field === "type" ? `${width}: ${FRAME[key]}` : width;
    return `| ${layout.at[field]} | ${field} | ${value} |`;
  });
  const tails = tail === undefined ? [] : [`| ${layout.bytes} | | ${tail} |`];
  return [`## ${name}`, "", purpose, "", "| at | field | wire |", "|---|---|---|", ...rows]
    .concat(tails, "");
}
