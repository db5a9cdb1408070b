import {
  type Drop,
  drop,
  encodeExtensions,
  encodeMsg,
  type Extension,
  extensionsBytes,
  type FrameHandler,
  MSG_FRAME,
  type MsgFrame,
  readFrames,
} from "../wire/mod.ts";

/** Extension id by which both sides of a handshake say that they still hold the state of their
 * session: then open requests and congestion state move over to the new keys. If either side does
 * not say so (it has restarted), everything begins anew. */
export const CONTINUATION: Extension = Object.freeze({ id: 1, version: 1 });

/** A message in an INIT or RESP. An answer bears the id of its question; these ids are the
 * handshake's own and mean nothing to the session (ADR 0086). */
export interface HandshakeMessage {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Questions of one INIT. More would be a way to have much work done for one packet; a dial has one
 * or two. */
export const EARLY_MESSAGES_MAX = 8;

/** Bytes that a message takes in a handshake. */
export function handshakeMessageBytes({ bytes }: HandshakeMessage): number {
  return MSG_FRAME.bytes + bytes.length;
}

/** The frames of an INIT or RESP. @param continues it carries a session on. */
export function handshakeFrames(
  continues: boolean,
  messages: readonly HandshakeMessage[] = [],
): Uint8Array {
  const headBytes = continues ? extensionsBytes(1) : 0;
  const frames = new Uint8Array(
    messages.reduce((sum, message) => sum + handshakeMessageBytes(message), headBytes),
  );
  let at = continues ? encodeExtensions([CONTINUATION], frames, 0) : 0;
  for (const { id, bytes } of messages) at = encodeMsg(id, bytes, 0, bytes.length, frames, at);
  return frames;
}

/** Takes what may stand in a handshake and refuses everything else. */
class HandshakeReader implements FrameHandler {
  continues = false;
  readonly messages: HandshakeMessage[] = [];

  onExtensions(extensions: readonly Extension[]): undefined {
    this.continues ||= extensions.some(({ id }) => id === CONTINUATION.id);
  }

  /** Whole messages are allowed. Surplus ones are left out, the sender repeats them in DATA. */
  onMsg(frame: MsgFrame, packet: Uint8Array): Drop | undefined {
    const { id, offset, length, total, bytesAt } = frame;
    if (offset !== 0 || length !== total) return drop("unexpected");
    if (this.messages.length < EARLY_MESSAGES_MAX) {
      this.messages.push({ id, bytes: packet.slice(bytesAt, bytesAt + length) });
    }
    return undefined;
  }

  readonly onPing = refuse;
  readonly onAck = refuse;
  readonly onPathChallenge = refuse;
  readonly onPathResponse = refuse;
  readonly onClose = refuse;
  readonly onAnswer = refuse;
  readonly onFetch = refuse;
  readonly onFetchInfo = refuse;
  readonly onData = refuse;
  readonly onSliceEnd = refuse;
  readonly onCancel = refuse;
  readonly onAckFreq = refuse;
  readonly onImmediateAck = refuse;
  readonly onAddr = refuse;
  readonly onNewCid = refuse;
}

function refuse(): Drop {
  return drop("unexpected");
}

/** What the frames of an INIT or RESP say. */
export interface HandshakeContents {
  readonly continues: boolean;
  readonly messages: readonly HandshakeMessage[];
}

/** Reads the frames of an INIT or RESP: PAD, EXTENSIONS and whole MSG only (protocol.md §1). */
export function readHandshakeFrames(frames: Uint8Array): HandshakeContents | Drop {
  const reader = new HandshakeReader();
  const dropped = readFrames(frames, reader);
  return dropped ?? { continues: reader.continues, messages: reader.messages };
}
