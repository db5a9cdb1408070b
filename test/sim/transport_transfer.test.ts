import { chunks, Transfer } from "../support/transfer.ts";
import { TransportPair } from "../support/transport_pair.ts";
import { describe, expect, test } from "../support/harness.ts";
import { FAULT_MENUS, type LinkModel } from "./mod.ts";

const DELAY = { kind: "fixed", ms: 50 } as const; // RTT 100 ms
const loss = (ratio: number) => ({ kind: "bernoulli", ratio }) as const;

function fetchAll(link: LinkModel, lengths: readonly number[], virtualMsMax: number, seed = 1) {
  const pair = new TransportPair({ seed, link });
  const transfer = new Transfer(pair, lengths, seed);
  const isDone = pair.run(() => transfer.isDone, virtualMsMax);
  expect([`seed ${seed}`, isDone, transfer.isExact]).toEqual([`seed ${seed}`, true, true]);
  return { pair, transfer };
}

describe("a chunk arrives bit-exact", () => {
  const paths: Record<string, LinkModel> = {
    "at 100 ms": { delay: DELAY },
    "at 100 ms and 5 % loss": { delay: DELAY, loss: loss(0.05) },
    "at 100 ms and 20 % loss": { delay: DELAY, loss: loss(0.2) },
    "with every tenth packet 30 ms late": { delay: DELAY, reorder: { ratio: 0.1, delayMs: 30 } },
    "with every second packet twice": { delay: DELAY, duplicateRatio: 0.5 },
    "with every tenth packet damaged": { delay: DELAY, corruptRatio: 0.1 },
    "through a path of 1,280 bytes": FAULT_MENUS.black_hole.link,
    "through bursts of loss": FAULT_MENUS.bursty.link,
    "on a mobile path": FAULT_MENUS.mobile.link,
    "over a satellite": FAULT_MENUS.satellite.link,
    "through clogs": FAULT_MENUS.clogging.link,
  };
  for (const [name, link] of Object.entries(paths)) {
    test(name, () => {
      fetchAll(link, chunks(1), 300_000);
    });
  }
});

test("many chunks at 5 % and 20 % loss, in any order of arrival, each slice told once", () => {
  for (const ratio of [0.05, 0.2]) {
    const { transfer } = fetchAll({ delay: DELAY, loss: loss(ratio) }, chunks(8), 1_200_000);
    expect(transfer.told.size).toBe(8 * 16);
  }
});

test("a thousand small objects", () => {
  const lengths = Array.from({ length: 1_000 }, (_, i) => 1 + ((i * 7_919) % 3_000));
  const { pair } = fetchAll({ delay: DELAY, loss: loss(0.01) }, lengths, 300_000);
  expect(pair.b.connection.stats()["strayBytes"]).toBeLessThan(30_000);
});

test("a thousand and more messages pass both ways, each once, beside a transfer", () => {
  const pair = new TransportPair({ seed: 7, link: { delay: DELAY, loss: loss(0.05) } });
  const transfer = new Transfer(pair, chunks(1), 7);
  const sent = { a: 0, b: 0 };
  const total = 1_500;
  const isDone = () =>
    transfer.isDone && pair.a.eventsOf("message").length >= total &&
    pair.b.eventsOf("message").length >= total;
  for (let round = 0; round < 20_000 && !isDone(); round++) {
    for (const side of [pair.a, pair.b]) {
      while (sent[side.name] < total) {
        const index = sent[side.name];
        const bytes = new Uint8Array(4 + (index % 50 === 0 ? 20_000 : index % 200)).fill(index);
        new DataView(bytes.buffer).setUint32(0, index);
        if (!side.connection.sendMessage(bytes, pair.now)) break;
        sent[side.name]++;
      }
    }
    pair.run(isDone, 100);
  }
  expect(transfer.isExact).toBe(true);
  for (const side of [pair.a, pair.b]) {
    const indexes = side.eventsOf("message").map(({ bytes }) => {
      expect(bytes.subarray(4).every((byte) => byte === (bytes[3] ?? 0))).toBe(true);
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    });
    expect(indexes.sort((x, y) => x - y)).toEqual(Array.from({ length: total }, (_, i) => i));
  }
});

test("a path that shrinks to 1,280 bytes in mid-transfer is noticed and used", () => {
  const wide = { delay: DELAY, bytesPerSecond: 12_500_000, queueBytes: 1_250_000 } as const;
  const pair = new TransportPair({ seed: 3, link: wide });
  const transfer = new Transfer(pair, chunks(30), 3);
  pair.run(() => pair.a.connection.datagramBytes === 1_472, 10_000);
  expect(pair.a.connection.datagramBytes).toBe(1_472);
  pair.run(() => transfer.slicesLeft < 400, 10_000);
  pair.setLink({ ...wide, mtuBytes: 1_280 });
  pair.run(() => transfer.isDone, 120_000);
  expect([transfer.isDone, transfer.isExact]).toEqual([true, true]);
  expect(pair.a.connection.datagramBytes).toBe(1_200);
});

test("a dead path for 15 s costs the transfer no more than a few backoffs", () => {
  const link = { delay: DELAY, bytesPerSecond: 1_250_000, queueBytes: 125_000 } as const;
  const pair = new TransportPair({ seed: 3, link });
  const transfer = new Transfer(pair, chunks(2), 3);
  pair.run(() => transfer.slicesLeft < 20, 10_000);
  const cutAt = pair.now;
  pair.setLink({ ...link, loss: loss(1) });
  pair.run(() => false, 15_000);
  expect(pair.a.connection.isClosed || pair.b.connection.isClosed).toBe(false);
  pair.setLink(link);
  pair.run(() => transfer.isDone, 60_000);
  expect(transfer.isExact).toBe(true);
  expect(pair.now - cutAt).toBeLessThan(15_000 + 20_000);
  expect(pair.a.connection.stats()["ptos"]).toBeLessThan(20);
});

test("a peer that vanishes in mid-transfer is reported lost, and all is given back", () => {
  const pair = new TransportPair({ seed: 3, link: { delay: DELAY } });
  new Transfer(pair, chunks(4), 3);
  pair.run(() => pair.now > 400, 500);
  pair.setLink({ delay: DELAY, loss: loss(1) });
  pair.run(() => pair.a.connection.isClosed && pair.b.connection.isClosed, 400_000);
  expect(pair.a.events.at(-1)).toMatchObject({ kind: "closed", reason: "lost" });
  expect(pair.b.events.at(-1)).toMatchObject({ kind: "closed" });
  expect(pair.b.budgets.receive.usedBytes).toBe(0);
  expect([pair.a.connection.nextTimeout(), pair.b.connection.nextTimeout()])
    .toEqual([undefined, undefined]);
});
