import { RESP_BYTES_MAX, RESP_BYTES_MIN } from "../wire/mod.ts";
import type { ConnectionHandle, ConnectionInfo } from "./api.ts";
import {
  handshakeFrames,
  type HandshakeMessage,
  handshakeMessageBytes,
} from "./handshake_frames.ts";
import type { AcceptedInit } from "./responder.ts";

/** RFC 9000 §8.1: until its address is proven, a peer gets three times what it sent. */
const AMPLIFICATION = 3;

/** An INIT with questions, whose RESP is built at the end of the turn. */
export class EarlyCall {
  readonly init: AcceptedInit;
  readonly answers: HandshakeMessage[] = [];
  #roomBytes: number;

  constructor(init: AcceptedInit) {
    this.init = init;
    const respBytesMax = Math.min(RESP_BYTES_MAX, AMPLIFICATION * init.packetBytes);
    this.#roomBytes = respBytesMax - RESP_BYTES_MIN - handshakeFrames(init.continues).length;
  }

  /** @returns false if the RESP has no room for it. */
  answer(message: HandshakeMessage): boolean {
    const bytes = handshakeMessageBytes(message);
    if (bytes > this.#roomBytes) return false;
    this.#roomBytes -= bytes;
    this.answers.push(message);
    return true;
  }
}

interface Question {
  readonly call: EarlyCall;
  readonly id: number;
  isAnswered: boolean;
}

/** Questions that came in INITs and may be answered in the RESP, each under a handle of its own.
 * BOUNDED by the outbox, in which their RESPs wait. */
export class EarlyQuestions {
  readonly #byHandle = new Map<ConnectionHandle, Question>();

  add(handle: ConnectionHandle, call: EarlyCall, id: number): void {
    this.#byHandle.set(handle, { call, id, isAnswered: false });
  }

  has(handle: ConnectionHandle): boolean {
    return this.#byHandle.has(handle);
  }

  /** @returns false if it cannot be answered here (any more); the peer asks again in DATA. */
  answer(handle: ConnectionHandle, bytes: Uint8Array): boolean {
    const question = this.#byHandle.get(handle);
    if (question === undefined || question.isAnswered) return false;
    question.isAnswered = question.call.answer({ id: question.id, bytes: bytes.slice() });
    return question.isAnswered;
  }

  /** The RESP is being built: its questions are over. */
  close(handles: readonly ConnectionHandle[]): void {
    for (const handle of handles) this.#byHandle.delete(handle);
  }

  /** Who asks. */
  info(handle: ConnectionHandle): ConnectionInfo | undefined {
    const init = this.#byHandle.get(handle)?.call.init;
    return init && {
      publicKey: init.publicKey,
      nodeId: undefined,
      address: init.from,
      work: init.work,
      isEstablished: false,
      smoothedRttMs: undefined,
      bandwidthBytesPerSecond: 0,
      sentBytes: 0,
      receivedBytes: 0,
      connectedAt: undefined,
    };
  }
}
