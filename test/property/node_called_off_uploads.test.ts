import fc from "fast-check";
import { SLICE_BYTES } from "../../src/content/mod.ts";
import { assert, Fifo, type NodeId } from "../../src/lib/mod.ts";
import { FreePool, Sales } from "../../src/market/mod.ts";
import { UploadService } from "../../src/node/serve/upload_service.ts";
import { Selling } from "../../src/node/trade/selling.ts";
import type { ConnectionEvent, FetchAnswer } from "../../src/transport/mod.ts";
import { ControlQueue } from "../../src/transport/control_queue.ts";
import { OutgoingData } from "../../src/transport/outgoing_data.ts";
import { SentPacket } from "../../src/transport/sent_packets.ts";
import { FakeTransport } from "../support/fake_transport.ts";
import { expect, test } from "../support/harness.ts";
import { PEER, TradeParts } from "../support/trade_parts.ts";

const LENGTH = 6 * SLICE_BYTES + 10;
const ID = new Uint8Array(20).fill(9);
const PACKET_BYTES = 30_000;

const steps = fc.array(
  fc.record({
    deed: fc.constantFrom(
      ...["ask", "ask", "cancel", "read", "read", "unread", "send", "send", "ack", "ack"],
      ...["events", "events", "events", "stand still", "evict"],
    ),
    which: fc.nat(200),
  }),
  { minLength: 40, maxLength: 120 },
);

/** A node that serves one peer: its accounts, its queue and its end of the connection are real; the
 * disk, the network and the loop take the time that the steps give them. */
class World {
  readonly parts = new TradeParts();
  readonly pool = new FreePool(1e9);
  readonly sales: Sales;
  readonly service: UploadService;
  readonly #events = new Fifo<ConnectionEvent>();
  readonly #data = new OutgoingData(new ControlQueue(), this.#events);
  readonly #reading: ((isThere: boolean) => void)[] = [];
  readonly #sent: SentPacket[] = [];
  #asked = 0;
  #isHere = true;
  /** Bytes that the peer has acknowledged. */
  acked = 0;

  /** @param isCached the system has in memory what is read. */
  constructor(hasLimits: boolean, isCached: boolean) {
    const { clock } = this.parts;
    this.sales = new Sales(this.pool, hasLimits);
    const selling = new Selling({
      ...this.parts,
      sales: this.sales,
      nodeId: new Uint8Array(20) as NodeId,
      hasLimits,
      priceFloor: 0,
      isCounted: () => true,
    });
    const source = {
      lengthOf: () => this.#isHere ? LENGTH : undefined,
      isAlias: () => false,
      isOffered: () => true,
      readNow: () => isCached,
      read: () => new Promise<boolean>((resolve) => this.#reading.push(resolve)),
    };
    const now = () => clock.now();
    this.service = new UploadService(this.#transport(), source, now, () => {}, selling);
  }

  #transport(): FakeTransport {
    const data = this.#data;
    return Object.assign(new FakeTransport(), {
      fetchInfo: (_: unknown, requestId: number, info: FetchAnswer) =>
        data.fetchInfo(requestId, info),
      provideSlice: (_: unknown, requestId: number, slice: number, bytes: Uint8Array) =>
        data.provideSlice(requestId, slice, bytes),
      refuseSlice: (_: unknown, requestId: number, slice: number, status: number) =>
        data.refuseSlice(requestId, slice, status),
      sliceRoom: () => data.sliceRoom,
    });
  }

  async step(deed: string, which: number): Promise<void> {
    switch (deed) {
      case "ask": {
        const bitmap = 1 + which % 127;
        this.#data.onFetch({ requestId: ++this.#asked, id: ID, bitmap, maxPrice: 255 });
        break;
      }
      case "cancel":
        this.#data.onCancel(1 + which % (this.#asked + 1));
        break;
      case "read":
      case "unread":
        this.#reading.splice(which % (this.#reading.length + 1), 1)[0]?.(deed === "read");
        await this.#settled();
        break;
      case "send":
        this.#send();
        break;
      case "ack":
        this.#ack(this.#sent.splice(which % (this.#sent.length + 1), 1)[0]);
        break;
      case "events":
        this.#deliver();
        await this.#settled();
        break;
      case "evict":
        this.#isHere = which > 3;
        break;
      case "stand still":
        this.parts.world.advance(31_000);
        this.service.turn(this.parts.now);
        await this.#settled();
        break;
    }
  }

  /** The peer calls everything off. */
  async end(): Promise<void> {
    for (let requestId = 1; requestId <= this.#asked; requestId++) this.#data.onCancel(requestId);
    this.#deliver();
    while (this.#reading.length > 0) {
      this.#reading.shift()?.(true);
      await this.#settled();
      this.#deliver();
    }
  }

  #send(): void {
    if (!this.#data.hasBulk) return;
    const [packet, out] = [new SentPacket(), new Uint8Array(PACKET_BYTES)];
    this.#data.writeFresh(packet, out, 0, out.length);
    this.#sent.push(packet);
  }

  #ack(packet: SentPacket | undefined): void {
    for (let i = 0; i < (packet?.segmentCount ?? 0); i++) {
      packet?.buffers[i]?.acked(packet.starts[i] ?? 0, packet.ends[i] ?? 0);
    }
  }

  #deliver(): void {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) {
      if (event.kind === "slice_returned") this.acked += event.ackedBytes;
      const told = { ...event, connection: PEER } as Parameters<UploadService["handleEvent"]>[0];
      this.service.handleEvent(told, this.parts.now);
    }
    this.service.wake(PEER); // there is room
  }

  async #settled(): Promise<void> {
    for (let i = 0; i < 8; i++) await undefined;
  }
}

test("a peer that calls off what is half on its way and half unread does not end it", async () => {
  for (const isCached of [true, false]) {
    const world = new World(false, isCached);
    await world.step("ask", 62); // six slices: two at once, one more when there is room
    await world.step("ask", 62);
    await world.step("events", 0);
    await world.step("read", 0);
    await world.step("send", 0);
    await world.step("events", 0);
    expect(world.service.heldSlices).toBe(3);
    // They come back, and before the node knows why there is room for more.
    await world.step("cancel", 0);
    await world.step("read", 0);
    await world.step("events", 0);
    expect(world.parts.account.reserved.bytes).toBe(6n * BigInt(SLICE_BYTES)); // the other's
    await world.end();
    expect(world.parts.account.reserved.bytes).toBe(0n);
  }
});

test("law: whatever is called off when, what has come is sold and nothing else kept", async () => {
  let slices = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (deeds, hasLimits, isCached) => {
      const world = new World(hasLimits, isCached);
      const { account } = world.parts;
      for (const { deed, which } of deeds) {
        await world.step(deed, which);
        assert(account.handedBytes >= 0n, `${account.handedBytes} bytes handed over`);
        assert(account.reserved.bytes >= account.handedBytes, "handed over and not reserved");
      }
      await world.end();
      slices += world.acked / SLICE_BYTES;
      expect(account.reserved).toEqual({ bytes: 0n, cb: 0n });
      expect([account.handedBytes, world.sales.openCount]).toEqual([0n, 0]);
      expect(Number(account.state.sold.bytes)).toBe(world.acked);
      if (hasLimits) expect(world.pool.takenBytes(world.parts.now)).toBe(world.acked);
      expect(world.service.heldSlices).toBe(0);
    }),
    { numRuns: 400, seed: 20261128 },
  );
  expect(slices).toBeGreaterThan(100);
});
