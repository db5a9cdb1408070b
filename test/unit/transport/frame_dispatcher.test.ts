import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { createParts } from "../../../src/transport/connection_parts.ts";
import { CONNECTION_DEFAULTS, createBudgets } from "../../../src/transport/mod.ts";
import {
  AckRanges,
  encodeAck,
  encodeAddr,
  encodeAnswer,
  encodeClose,
  encodeExtensions,
  encodeFetch,
  encodeImmediateAck,
  encodeMsg,
  encodeNewCid,
  encodePad,
  encodePathChallenge,
  encodePathResponse,
  encodePing,
  readFrames,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function dispatch(write: (out: Uint8Array, at: number) => number) {
  const parts = createParts(CONNECTION_DEFAULTS, createBudgets(), 1_472, new SeededRandom(1));
  const out = new Uint8Array(1_200);
  const packet = parts.sent.draft();
  parts.sent.sent(packet, 100, true, 0 as Instant);
  parts.dispatcher.begin(10 as Instant);
  const result = readFrames(out, parts.dispatcher, 0, write(out, 0));
  return { parts, dispatcher: parts.dispatcher, result };
}

test("everything but ACK, PAD, CLOSE and ANSWER elicits an ACK", () => {
  const ack = new AckRanges();
  ack.count = 1;
  const quiet = [
    (out: Uint8Array, at: number) => encodeAck(ack, out, at, 100),
    (out: Uint8Array, at: number) => encodePad(5, out, at),
    (out: Uint8Array, at: number) => encodeClose(0, DATA, out, at),
    (out: Uint8Array, at: number) => encodeAnswer(DATA, out, at),
  ];
  for (const write of quiet) {
    const { dispatcher, result } = dispatch(write);
    expect([result, dispatcher.isAckEliciting]).toEqual([undefined, false]);
  }
  const eliciting = [
    encodePing,
    encodeImmediateAck,
    (out: Uint8Array, at: number) => encodeMsg(1, DATA, 0, 8, out, at),
    (out: Uint8Array, at: number) => encodePathChallenge(DATA, out, at),
    (out: Uint8Array, at: number) => encodePathResponse(DATA, out, at),
    (out: Uint8Array, at: number) => encodeAddr({ ip: "192.0.2.1", port: 1 }, out, at),
    (out: Uint8Array, at: number) => encodeNewCid({ sequence: 1, connectionId: 99 }, out, at),
    (out: Uint8Array, at: number) => encodeExtensions([{ id: 9, version: 1 }], out, at),
    (out: Uint8Array, at: number) =>
      encodeFetch({ requestId: 1, id: new Uint8Array(20), bitmap: 1, maxPrice: 0 }, out, at),
  ];
  for (const write of eliciting) {
    const { dispatcher, result } = dispatch(write);
    expect([result, dispatcher.isAckEliciting]).toEqual([undefined, true]);
  }
});

test("the frames reach the parts they are for", () => {
  const { parts, dispatcher } = dispatch((out, at) => {
    const ack = new AckRanges();
    ack.count = 1;
    let next = encodeAck(ack, out, at, 100);
    next = encodeMsg(1, DATA, 0, 8, out, next);
    next = encodePathChallenge(DATA, out, next);
    next = encodeAddr({ ip: "192.0.2.1", port: 1 }, out, next);
    next = encodeImmediateAck(out, next);
    return encodeClose(3, DATA, out, next);
  });
  expect(parts.sent.packetsInFlight).toBe(0);
  expect(parts.events.shift()).toEqual({ kind: "message", bytes: DATA });
  expect(dispatcher.pathChallenge).toEqual(DATA);
  expect(dispatcher.observedAddress).toEqual({ ip: "192.0.2.1", port: 1 });
  expect(parts.received.isAckDue).toBe(true);
  expect([dispatcher.hasAck, dispatcher.closeCode]).toEqual([true, 3]);
  dispatcher.begin(11 as Instant);
  expect([dispatcher.hasAck, dispatcher.closeCode]).toEqual([false, undefined]);
});
