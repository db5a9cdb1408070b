import type { FrameHandler } from "../../src/wire/mod.ts";

/** A FrameHandler that notes every call with a copy of what it was handed. */
export function recordingHandler(): {
  handler: FrameHandler;
  seen: (readonly [string, unknown])[];
} {
  const seen: (readonly [string, unknown])[] = [];
  const note = (name: string) => (value?: unknown): undefined => {
    seen.push([name, structuredClone(value)]);
  };
  const handler: FrameHandler = {
    onPing: note("onPing"),
    onAck: (ack) => {
      const ranges = Array.from({ length: ack.count }, (_, i) => [ack.first[i], ack.last[i]]);
      return note("onAck")({ delayMs: ack.delayMs, ranges });
    },
    onPathChallenge: note("onPathChallenge"),
    onPathResponse: note("onPathResponse"),
    onClose: note("onClose"),
    onMsg: ({ id, offset, total, bytesAt, length }, packet) =>
      note("onMsg")({ id, offset, total, bytes: packet.slice(bytesAt, bytesAt + length) }),
    onAnswer: (packet, from, to) => note("onAnswer")(packet.slice(from, to)),
    onFetch: note("onFetch"),
    onFetchInfo: note("onFetchInfo"),
    onData: ({ requestId, offset, bytesAt, length }, packet) =>
      note("onData")({ requestId, offset, bytes: packet.slice(bytesAt, bytesAt + length) }),
    onSliceEnd: note("onSliceEnd"),
    onCancel: note("onCancel"),
    onAckFreq: note("onAckFreq"),
    onImmediateAck: note("onImmediateAck"),
    onAddr: note("onAddr"),
    onNewCid: note("onNewCid"),
    onExtensions: note("onExtensions"),
  };
  return { handler, seen };
}
