import { cipherFigures, hashFigures, packetRate } from "../../../src/bench/mod.ts";
import type { Instant, UnixMs } from "../../../src/lib/mod.ts";
import type { Clock, OpenDatagramSocket } from "../../../src/ports/mod.ts";
import { expect, test } from "../../support/harness.ts";

/** A clock on which every look takes a millisecond, and nothing else. */
function ticking(): Clock {
  let ms = 0;
  const schedule = (_delayMs: number, task: () => void) => {
    void Promise.resolve().then(task);
    return () => {};
  };
  return { now: () => ++ms as Instant, unixMs: () => 0 as UnixMs, schedule };
}

test("cipher and hash figures are time by calls", () => {
  const clock = ticking();
  expect(cipherFigures(clock, 10)).toEqual([
    { name: "cipher.seal_us", value: 100, unit: "us" },
    { name: "cipher.open_us", value: 100, unit: "us" },
  ]);
  expect(hashFigures(clock, 4)).toEqual([
    { name: "hash.sha256_mb_s", value: 65_536 / 250, unit: "MB/s" },
    { name: "hash.sha1_mb_s", value: 65_536 / 250, unit: "MB/s" },
  ]);
});

test("the packet rate counts what arrives, and its sockets are closed", async () => {
  let isOpen = 0;
  const inboxes: ((bytes: Uint8Array) => void)[] = [];
  const open: OpenDatagramSocket = (_bind, handlers) => {
    isOpen++;
    const from = { ip: "127.0.0.1", port: isOpen };
    inboxes.push((bytes) => handlers.onDatagram(bytes, from));
    return Promise.resolve({
      localAddress: from,
      receiveBufferBytes: undefined,
      sendBufferBytes: undefined,
      send(to, bytes) {
        inboxes[to.port - 1]?.(bytes.subarray(0, bytes.length / 2)); // half is lost
        return bytes.length;
      },
      close: () => Promise.resolve(void isOpen--),
    });
  };
  const figure = await packetRate(ticking(), open, "udp.packets_s", 1);
  const value = 1_000 * 32 * 44 / 2; // one turn of 32 trains of 44 packets in 1 ms, half of it lost
  expect(figure).toEqual({ name: "udp.packets_s", value, unit: "packets/s" });
  expect(isOpen).toBe(0);
});
