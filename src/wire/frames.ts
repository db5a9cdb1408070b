import type { Address } from "../lib/mod.ts";
import { type Drop, drop } from "./drop.ts";
import { AckRanges, decodeAck } from "./frame_ack.ts";
import { ACK_FREQ_FRAME, type AckFreqFrame, decodeAckFreq } from "./frame_ack_freq.ts";
import { ADDR_FRAME, decodeAddr } from "./frame_addr.ts";
import { ANSWER_FRAME, decodeAnswer } from "./frame_answer.ts";
import { CANCEL_FRAME, decodeCancel } from "./frame_cancel.ts";
import { CLOSE_FRAME, type CloseFrame, decodeClose } from "./frame_close.ts";
import { DataFrame, decodeData } from "./frame_data.ts";
import { decodeExtensions, type Extension, extensionsBytes } from "./frame_extensions.ts";
import { decodeFetch, FETCH_FRAME, type FetchFrame } from "./frame_fetch.ts";
import { decodeFetchInfo, FETCH_INFO_FRAME, type FetchInfoFrame } from "./frame_fetch_info.ts";
import { IMMEDIATE_ACK_FRAME } from "./frame_immediate_ack.ts";
import { decodeMsg, MsgFrame } from "./frame_msg.ts";
import { decodeNewCid, NEW_CID_FRAME, type NewCidFrame } from "./frame_new_cid.ts";
import { skipPad } from "./frame_pad.ts";
import { decodePathData, PATH_FRAME } from "./frame_path.ts";
import { PING_FRAME } from "./frame_ping.ts";
import { decodeSliceEnd, SLICE_END_FRAME, type SliceEndFrame } from "./frame_slice_end.ts";
import { FRAME } from "./frame_type.ts";

/** Who gets a packet's frames, in the order they lie in it; PAD is skipped. A Drop returned by a
 * method ends the walk. Objects and byte views handed in are borrowed until the method returns. */
export interface FrameHandler {
  onPing(): Drop | undefined;
  onAck(ack: AckRanges): Drop | undefined;
  onPathChallenge(data: Uint8Array): Drop | undefined;
  onPathResponse(data: Uint8Array): Drop | undefined;
  onClose(frame: CloseFrame): Drop | undefined;
  onMsg(frame: MsgFrame, packet: Uint8Array): Drop | undefined;
  /** A whole message: packet[from … to). */
  onAnswer(packet: Uint8Array, from: number, to: number): Drop | undefined;
  onFetch(frame: FetchFrame): Drop | undefined;
  onFetchInfo(frame: FetchInfoFrame): Drop | undefined;
  onData(frame: DataFrame, packet: Uint8Array): Drop | undefined;
  onSliceEnd(frame: SliceEndFrame): Drop | undefined;
  onCancel(requestId: number): Drop | undefined;
  onAckFreq(frame: AckFreqFrame): Drop | undefined;
  onImmediateAck(): Drop | undefined;
  onAddr(address: Address): Drop | undefined;
  onNewCid(frame: NewCidFrame): Drop | undefined;
  onExtensions(extensions: readonly Extension[]): Drop | undefined;
}

// What the hot frames are decoded into. One of each is enough: the walk is synchronous and a
// handler keeps nothing of them.
const ackScratch = new AckRanges();
const dataScratch = new DataFrame();
const msgScratch = new MsgFrame();

/** Walks the frames of packet[from … to) and hands each to `handler`.
 * @returns undefined after the last one; else why the walk ended early: `bad_frame`,
 * `unknown_frame`, or what a handler returned. Frames before that have been handled. */
export function readFrames(
  packet: Uint8Array,
  handler: FrameHandler,
  from = 0,
  to: number = packet.length,
): Drop | undefined {
  let at = from;
  while (at < to) {
    let next: number | Drop | undefined;
    switch (packet[at]) {
      case FRAME.pad:
        at = skipPad(packet, at, to);
        continue;
      case FRAME.data:
        next = decodeData(packet, at, to, dataScratch);
        if (next !== undefined) next = handler.onData(dataScratch, packet) ?? next;
        break;
      case FRAME.ack:
        next = decodeAck(packet, at, to, ackScratch);
        if (next !== undefined) next = handler.onAck(ackScratch) ?? next;
        break;
      case FRAME.msg:
        next = decodeMsg(packet, at, to, msgScratch);
        if (next !== undefined) next = handler.onMsg(msgScratch, packet) ?? next;
        break;
      case FRAME.answer:
        next = decodeAnswer(packet, at, to);
        if (next !== undefined) {
          next = handler.onAnswer(packet, at + ANSWER_FRAME.bytes, next) ?? next;
        }
        break;
      default:
        next = readColdFrame(packet, at, to, handler);
    }
    if (next === undefined) return drop("bad_frame");
    if (typeof next !== "number") return next;
    at = next;
  }
  return undefined;
}

/** One frame that is not on the hot path. @returns the offset behind it, or as readFrames(). */
function readColdFrame(
  packet: Uint8Array,
  at: number,
  to: number,
  handler: FrameHandler,
): number | Drop | undefined {
  switch (packet[at]) {
    case FRAME.ping:
      return handler.onPing() ?? at + PING_FRAME.bytes;
    case FRAME.immediateAck:
      return handler.onImmediateAck() ?? at + IMMEDIATE_ACK_FRAME.bytes;
    case FRAME.fetch: {
      const frame = decodeFetch(packet, at, to);
      return frame && (handler.onFetch(frame) ?? at + FETCH_FRAME.bytes);
    }
    case FRAME.fetchInfo: {
      const frame = decodeFetchInfo(packet, at, to);
      return frame && (handler.onFetchInfo(frame) ?? at + FETCH_INFO_FRAME.bytes);
    }
    case FRAME.sliceEnd: {
      const frame = decodeSliceEnd(packet, at, to);
      return frame && (handler.onSliceEnd(frame) ?? at + SLICE_END_FRAME.bytes);
    }
    case FRAME.cancel: {
      const requestId = decodeCancel(packet, at, to);
      return requestId === undefined
        ? undefined
        : handler.onCancel(requestId) ?? at + CANCEL_FRAME.bytes;
    }
    default:
      return readRareFrame(packet, at, to, handler);
  }
}

/** One frame of those that manage the connection and its path. */
function readRareFrame(
  packet: Uint8Array,
  at: number,
  to: number,
  handler: FrameHandler,
): number | Drop | undefined {
  switch (packet[at]) {
    case FRAME.pathChallenge: {
      const data = decodePathData(packet, at, to);
      return data && (handler.onPathChallenge(data) ?? at + PATH_FRAME.bytes);
    }
    case FRAME.pathResponse: {
      const data = decodePathData(packet, at, to);
      return data && (handler.onPathResponse(data) ?? at + PATH_FRAME.bytes);
    }
    case FRAME.close: {
      const frame = decodeClose(packet, at, to);
      return frame && (handler.onClose(frame) ?? at + CLOSE_FRAME.bytes + frame.reason.length);
    }
    case FRAME.ackFreq: {
      const frame = decodeAckFreq(packet, at, to);
      return frame && (handler.onAckFreq(frame) ?? at + ACK_FREQ_FRAME.bytes);
    }
    case FRAME.addr: {
      const address = decodeAddr(packet, at, to);
      return address && (handler.onAddr(address) ?? at + ADDR_FRAME.bytes);
    }
    case FRAME.newCid: {
      const frame = decodeNewCid(packet, at, to);
      return frame && (handler.onNewCid(frame) ?? at + NEW_CID_FRAME.bytes);
    }
    case FRAME.extensions: {
      const extensions = decodeExtensions(packet, at, to);
      return extensions &&
        (handler.onExtensions(extensions) ?? at + extensionsBytes(extensions.length));
    }
    default:
      return drop("unknown_frame");
  }
}
