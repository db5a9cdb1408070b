import {
  ANSWER_FRAME,
  encodeMessage,
  INIT_BYTES_MIN,
  INIT_BYTES_PADDED_MAX,
  INIT_FRONT,
  INIT_PAYLOAD,
  INIT_TAIL,
  type Message,
  MSG_FRAME,
  PACKET_OVERHEAD_BYTES,
  RESP_BYTES_MIN,
} from "../../src/wire/mod.ts";

/** What messages weigh on the wire, as UDP payload. */

const TAG_BYTES = 16;
const INIT_FIXED_BYTES = INIT_FRONT.bytes + INIT_PAYLOAD.bytes + TAG_BYTES + INIT_TAIL.bytes;
/** Short RESPs are padded to a length drawn up to here (session). */
const RESP_BYTES_PADDED_MAX = 480;
/** An ACK frame of one range. */
const ACK_FRAME_BYTES = 9;

const frameBytes = (message: Message): number => MSG_FRAME.bytes + encodeMessage(message).length;

/** An INIT that carries this question: its length is drawn evenly from what may be; the mean. */
export function initBytes(question: Message): number {
  const least = Math.max(INIT_BYTES_MIN, INIT_FIXED_BYTES + frameBytes(question));
  return Math.max(least, (least + INIT_BYTES_PADDED_MAX) / 2);
}

/** The RESP that carries the answer; short ones are padded, long ones are not. */
export function respBytes(answer: Message): number {
  const least = RESP_BYTES_MIN + frameBytes(answer);
  return Math.max(least, (least + RESP_BYTES_PADDED_MAX) / 2);
}

/** A question in a packet of a session that stands, with an ACK for what came. */
export function questionBytes(question: Message): number {
  return PACKET_OVERHEAD_BYTES + ACK_FRAME_BYTES + frameBytes(question);
}

/** Its answer, which acknowledges it and is not acknowledged. */
export function answerBytes(answer: Message): number {
  return PACKET_OVERHEAD_BYTES + ACK_FRAME_BYTES + ANSWER_FRAME.bytes +
    encodeMessage(answer).length;
}
