import { type Instant, SeededRandom, utf8 } from "../../../src/lib/mod.ts";
import { Connection, createBudgets } from "../../../src/transport/mod.ts";
import { readFrames } from "../../../src/wire/mod.ts";
import { recordingHandler } from "../../support/frame_recorder.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";
import { NullSealer, openNull } from "../../support/null_sealer.ts";

const at = (ms: number) => ms as Instant;

/** A connection whose keys can be changed, and the packets it sends. */
class End {
  readonly connection: Connection;
  #sealer = new NullSealer();
  #slab = new Uint8Array(9000);

  constructor(seed: number) {
    this.connection = new Connection({
      sealer: { seal: (...packet) => this.#sealer.seal(...packet) },
      random: new SeededRandom(seed),
      maxDatagramBytes: 1200,
      now: at(0),
      budgets: createBudgets(),
    });
  }

  /** All that may leave at `now`. */
  transmit(now: number): Uint8Array[] {
    const packets: Uint8Array[] = [];
    this.connection.handleTimeout(at(now));
    for (;;) {
      const bytes = this.connection.pollTransmit(at(now), this.#slab, 0);
      if (bytes === 0) return packets;
      packets.push(this.#slab.slice(0, bytes));
    }
  }

  receive(packets: readonly Uint8Array[], now: number): void {
    for (const packet of packets) {
      const { packetNumber, payload } = present(openNull(packet));
      expect(this.connection.handlePacket(packetNumber, payload, at(now))).toBeUndefined();
    }
  }

  renew(now: number): void {
    this.#sealer = new NullSealer();
    this.connection.renew(at(now));
  }

  get messages(): string[] {
    const texts: string[] = [];
    let event = this.connection.pollEvent();
    for (; event !== undefined; event = this.connection.pollEvent()) {
      if (event.kind === "message") texts.push(new TextDecoder().decode(event.bytes));
    }
    return texts;
  }
}

test("after renew() numbers begin at 0 and what was in flight is sent again, once", () => {
  const a = new End(1), b = new End(2);
  a.connection.sendMessage(utf8("arrived"), at(0));
  b.receive(a.transmit(0), 10);
  a.receive(b.transmit(20), 30);
  a.connection.sendMessage(utf8("lost with the old keys"), at(40));
  const lost = a.transmit(40);
  expect(present(openNull(present(lost[0]))).packetNumber).toBe(1);
  a.renew(50);
  b.renew(50);
  expect(a.connection.bytesInFlight).toBe(0);
  const again = a.transmit(50);
  expect(again.map((packet) => present(openNull(packet)).packetNumber)).toEqual([0]);
  b.receive(again, 60);
  expect(b.messages).toEqual(["arrived", "lost with the old keys"]);
  a.receive(b.transmit(70), 80);
  expect(a.connection.bytesInFlight).toBe(0);
  expect(a.connection.isClosed).toBe(false);
});

test("renew() keeps the round-trip time and says nothing of loss to the controller", () => {
  const a = new End(1), b = new End(2);
  a.connection.sendMessage(utf8("x"), at(0));
  b.receive(a.transmit(0), 10);
  a.receive(b.transmit(20), 30);
  const { smoothedRttMs, congestionWindowBytes } = a.connection;
  for (let i = 0; i < 20; i++) a.connection.sendMessage(new Uint8Array(1000), at(40));
  a.transmit(40);
  a.renew(50);
  expect(a.connection.smoothedRttMs).toBe(smoothedRttMs ?? 0);
  expect(a.connection.congestionWindowBytes).toBe(congestionWindowBytes);
  expect(a.connection.ptoCount).toBe(0);
});

test("ping() sends a PING when there is nothing else, and is satisfied by anything else", () => {
  const a = new End(1);
  a.connection.ping();
  const [packet, ...more] = a.transmit(0);
  expect(more).toEqual([]);
  const { handler, seen } = recordingHandler();
  readFrames(present(openNull(present(packet))).payload, handler);
  expect(seen.map((call) => call[0])).toEqual(["onPing"]);
});
