/** What a handshake and a packet cost, without sockets: Noise, masking, AEAD, on one core. */
import process from "node:process";
import { usePrimitives } from "../src/crypto/mod.ts";
import { type Instant, SeededRandom } from "../src/lib/mod.ts";
import { PacketHead, readResp } from "../src/session/mod.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import {
  accepted,
  testInit,
  testKey,
  testReadInit,
  testResp,
  testSession,
} from "../test/support/handshake.ts";
import { report } from "./report.ts";

const RUNS = 5;
const HANDSHAKES = 400;
const PACKETS = 40_000;
const NOW = 0 as Instant;

if (process.versions.bun !== undefined) {
  usePrimitives((await import("../src/runtime/bun/primitives.ts")).bunPrimitives);
} else usePrimitives(nativePrimitives);

/** µs per call of `deed`, one value per run. */
function measure(calls: number, deed: (i: number) => void): number[] {
  for (let i = 0; i < calls / 4; i++) deed(i);
  return Array.from({ length: RUNS }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) deed(i);
    return (performance.now() - start) * 1000 / calls;
  });
}

const random = new SeededRandom(1);
const initiator = testKey(random), responder = testKey(random);
const exchange = (() => {
  const { packet, pending } = testInit(initiator, responder, random);
  const init = testReadInit(responder, packet);
  return { packet, pending, resp: testResp(responder, init, random) };
})();

report(
  "session.init_write_us",
  "us",
  measure(HANDSHAKES, () => {
    testInit(initiator, responder, random);
  }),
);
report(
  "session.init_read_resp_write_us",
  "us",
  measure(HANDSHAKES, () => {
    testResp(responder, testReadInit(responder, exchange.packet), random);
  }),
);
report(
  "session.resp_read_us",
  "us",
  measure(HANDSHAKES, () => {
    accepted(readResp(exchange.pending, exchange.resp.packet));
  }),
);

for (const bytes of [1200, 1472, 8952]) {
  const { sealing } = testSession(random);
  const slab = new Uint8Array(bytes);
  let number = 0;
  report(
    `session.seal_${bytes}_us`,
    "us",
    measure(PACKETS, () => {
      sealing.seal(number++, slab, 0, bytes - 28);
    }),
  );
  const { sealing: fresh, opening: reading, responder: receiver } = testSession(random);
  fresh.seal(0, slab, 0, bytes - 28);
  const head = new PacketHead();
  const into = new Uint8Array(bytes);
  report(
    `session.open_${bytes}_us`,
    "us",
    measure(PACKETS, () => {
      const id = receiver.mask.firstWord(slab, 0);
      reading.readHead(slab, 0, bytes, id, head);
      accepted(reading.open(slab, 0, head, into, NOW, 0));
    }),
  );
}
