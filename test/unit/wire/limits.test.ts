import * as wire from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the limits fit the fields that carry them", () => {
  expect(wire.SLICES_PER_CHUNK).toBe(16); // a u16 bitmap
  expect(wire.CHUNK_BYTES_MAX).toBeLessThan(2 ** 24); // offset u24
  expect(wire.MSG_BYTES_MAX).toBeLessThan(2 ** 16); // total u16
  expect(wire.DATAGRAM_BYTES_MAX).toBeLessThan(2 ** 16); // len16 of the packet head
  expect(wire.CLOSE_REASON_BYTES_MAX).toBeLessThan(2 ** 8);
  expect(wire.ACK_RANGES_MAX).toBeLessThan(2 ** 8);
});

test("the longest ACK fits a packet of the base size", () => {
  // two varints of 48 bits per range take 16 bytes
  const bytes = wire.ACK_FRAME.bytes + 8 + wire.ACK_RANGES_MAX * 16;
  expect(bytes + wire.PACKET_OVERHEAD_BYTES).toBeLessThan(wire.DATAGRAM_BYTES_BASE);
});
