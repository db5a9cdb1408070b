import {
  type Drop,
  drop,
  encodeExtensions,
  type Extension,
  extensionsBytes,
  type FrameHandler,
  type MsgFrame,
  readFrames,
} from "../wire/mod.ts";

/** Extension id by which both sides of a handshake say that they still hold the state of their
 * session: then open requests and congestion state move over to the new keys. If either side does
 * not say so (it has restarted), everything begins anew. */
export const CONTINUATION: Extension = Object.freeze({ id: 1, version: 1 });

/** The frames of an INIT or RESP that continues a session, or begins one. */
export function handshakeFrames(continues: boolean): Uint8Array {
  if (!continues) return new Uint8Array();
  const frames = new Uint8Array(extensionsBytes(1));
  encodeExtensions([CONTINUATION], frames, 0);
  return frames;
}

/** Takes what may stand in a handshake and refuses everything else. */
class HandshakeReader implements FrameHandler {
  continues = false;

  onExtensions(extensions: readonly Extension[]): undefined {
    this.continues ||= extensions.some(({ id }) => id === CONTINUATION.id);
  }

  /** Whole messages are allowed; none is carried out, the sender repeats them in DATA. */
  onMsg(frame: MsgFrame): Drop | undefined {
    return frame.offset === 0 && frame.length === frame.total ? undefined : drop("unexpected");
  }

  readonly onPing = refuse;
  readonly onAck = refuse;
  readonly onPathChallenge = refuse;
  readonly onPathResponse = refuse;
  readonly onClose = refuse;
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

/** What the frames of an INIT or RESP say: PAD, EXTENSIONS and whole MSG only (protocol.md §1). */
export function readHandshakeFrames(frames: Uint8Array): { readonly continues: boolean } | Drop {
  const reader = new HandshakeReader();
  return readFrames(frames, reader) ?? { continues: reader.continues };
}
