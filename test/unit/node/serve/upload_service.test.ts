import { after, asPublicKey, type Instant, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { NO_TILL, type Till } from "../../../../src/node/trade/selling.ts";
import { HELD_SLICES_MAX } from "../../../../src/node/serve/upload_buffers.ts";
import { UploadService } from "../../../../src/node/serve/upload_service.ts";
import { type ConnectionHandle, FETCH_STATUS, NO_STANDING } from "../../../../src/transport/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { FakeTransport } from "../../../support/fake_transport.ts";

const NOW = 5 as Instant;
const PEER = 1 as ConnectionHandle;
const ID = new Uint8Array(20).fill(9);
const BYTES = new Uint8Array(3 * 65_536 + 10);
new SeededRandom(4).fill(BYTES);

const ALIAS = new Uint8Array(20).fill(10);
const isHere = (id: Uint8Array): boolean => [toHex(ID), toHex(ALIAS)].includes(toHex(id));

function fixture(
  read?: (offset: number, into: Uint8Array) => Promise<boolean>,
  till: Till = NO_TILL,
  isOffered = true,
  readNow: (offset: number, into: Uint8Array) => boolean = () => false,
) {
  const transport = new FakeTransport();
  const payers: (string | undefined)[] = [];
  const source = {
    lengthOf: (id: Uint8Array) => isHere(id) ? BYTES.length : undefined,
    isAlias: (id: Uint8Array) => toHex(id) === toHex(ALIAS),
    isOffered: (_id: Uint8Array, _bytes: number, payer: string | undefined) => {
      payers.push(payer);
      return isOffered;
    },
    readNow: (_id: Uint8Array, offset: number, into: Uint8Array) => readNow(offset, into),
    read: (_id: Uint8Array, offset: number, into: Uint8Array) => {
      if (read !== undefined) return read(offset, into);
      into.set(BYTES.subarray(offset, offset + into.length));
      return Promise.resolve(true);
    },
  };
  const clock = { at: NOW };
  const service = new UploadService(transport, source, () => clock.at, () => {}, till);
  const ask = (id: Uint8Array, bitmap: number, requestId = 1) => {
    const kind = "fetch_requested" as const;
    service.handleEvent({ kind, connection: PEER, requestId, id, bitmap, maxPrice: 255 }, NOW);
  };
  return { transport, service, clock, ask, payers };
}

const settle = () => new Promise<void>((done) => setTimeout(done, 2));

describe("UploadService", () => {
  test("answers with the length, then the asked slices, byte for byte", async () => {
    const { transport, service, ask } = fixture();
    ask(ID, 0xffff);
    await settle();
    expect(transport.infos).toEqual([{ status: FETCH_STATUS.ok, chunkLength: BYTES.length }]);
    const got = transport.provided.map(({ bytes }) => bytes);
    expect(new Uint8Array(Buffer.concat(got))).toEqual(BYTES);
    expect(service.servedBytes).toBe(BYTES.length);
  });

  test("who pays for it is asked of the till", () => {
    for (const payer of ["4:one", undefined]) {
      const answer = NO_TILL.open({} as never, NOW);
      const open = () => ({ ...answer, ...(payer && { payer }) });
      const { ask, payers } = fixture(undefined, { ...NO_TILL, open });
      ask(ID, 1);
      expect(payers).toEqual([payer]);
    }
  });

  test("what is in memory is sent at once, 2 MiB in 5 ms, whatever turns; else read", async () => {
    let reads = 0;
    const { transport, service, clock, ask } = fixture(
      (offset, into) => {
        reads++;
        into.set(BYTES.subarray(offset, offset + into.length));
        return Promise.resolve(true);
      },
      NO_TILL,
      true,
      (offset, into) => {
        into.set(BYTES.subarray(offset, offset + into.length));
        return true;
      },
    );
    transport.room = 1_000;
    for (let requestId = 1; requestId <= 12; requestId++) {
      ask(ID, 0xffff, requestId);
      service.turn(clock.at); // microtasks bring more of them within one round of the loop
    }
    expect(transport.provided.length).toBe(4 * 10); // of 3 slices and some bytes
    await settle();
    expect([transport.provided.length, reads]).toEqual([4 * 12, 2]);
    for (const { slice, bytes } of transport.provided) {
      expect(bytes).toEqual(BYTES.subarray(slice * 65_536, (slice + 1) * 65_536));
    }
    clock.at = after(NOW, 4);
    ask(ID, 0xffff, 13);
    expect(transport.provided.length).toBe(4 * 12);
    await settle();
    clock.at = after(NOW, 5);
    ask(ID, 0xffff, 14);
    expect([transport.provided.length, reads]).toEqual([4 * 14, 3]);
  });

  test("who is to get no answer gets none, and nothing is read for it", () => {
    const { transport, ask, service } = fixture(undefined, {
      ...NO_TILL,
      open: () => ({ status: FETCH_STATUS.rank, standing: NO_STANDING, isSilent: true }),
    });
    ask(ID, 0xffff);
    expect([transport.ignored, transport.infos, transport.provided]).toEqual([[1], [], []]);
    expect([service.refusedFetches, service.servedBytes]).toEqual([1, 0]);
  });

  test("a length is told by the SHA-1 alone, bytes are sent by either name", async () => {
    const { transport, ask } = fixture();
    ask(ID, 0, 1);
    ask(ALIAS, 0, 2);
    ask(ALIAS, 1, 3);
    await settle();
    expect(transport.infos.map(({ status }) => status)).toEqual([
      FETCH_STATUS.ok,
      FETCH_STATUS.unknown,
      FETCH_STATUS.ok,
    ]);
    expect(transport.provided.map(({ slice }) => slice)).toEqual([0]);
  });

  test("what is here and not offered is refused as busy, and read nowhere", async () => {
    const { transport, ask, service } = fixture(undefined, NO_TILL, false);
    ask(ID, 0xffff);
    await settle();
    expect(transport.infos).toEqual([{ status: FETCH_STATUS.busy, chunkLength: BYTES.length }]);
    expect([service.refusedFetches, service.servedBytes]).toEqual([1, 0]);
  });

  test("an unknown object is refused in one answer and read nowhere", async () => {
    const { transport, service, ask } = fixture();
    ask(new Uint8Array(20), 1);
    await settle();
    expect(transport.infos).toEqual([{ status: FETCH_STATUS.unknown, chunkLength: 0 }]);
    expect(transport.provided).toEqual([]);
    expect(service.refusedFetches).toBe(1);
  });

  test("reads no further ahead than the connection has room for", async () => {
    const { transport, service, ask } = fixture();
    transport.room = 1;
    ask(ID, 0xffff);
    transport.room = 0;
    await settle();
    expect(transport.provided.map(({ slice }) => slice)).toEqual([0]);
    transport.room = 16;
    service.handleEvent({ kind: "slices_wanted", connection: PEER }, NOW);
    await settle();
    expect(transport.provided.map(({ slice }) => slice)).toEqual([0, 1, 2, 3]);
  });

  test("an object that has gone, or a failing disk, is told slice by slice", async () => {
    for (const outcome of [() => Promise.resolve(false), () => Promise.reject(new Error("EIO"))]) {
      const { transport, ask } = fixture(outcome);
      ask(ID, 0b11);
      await settle();
      expect(transport.refused).toEqual([0, 1]);
      expect(transport.provided).toEqual([]);
    }
  });

  test("cancelled and draining: nothing is sent", async () => {
    const { transport, service, ask } = fixture();
    transport.room = 0;
    ask(ID, 0xffff);
    service.handleEvent({ kind: "fetch_cancelled", connection: PEER, requestId: 1 }, NOW);
    transport.room = 16;
    const publicKey = asPublicKey(new Uint8Array(32));
    const reason = "peer" as const;
    service.handleEvent({ kind: "closed", connection: PEER, publicKey, reason, code: 0 }, NOW);
    service.drain();
    ask(ID, 1, 2);
    await settle();
    expect(transport.provided).toEqual([]);
    expect(transport.infos.at(-1)?.status).toBe(FETCH_STATUS.busy);
  });

  test("peers that acknowledge nothing hold a part; what comes back is others'", async () => {
    const { transport, service } = fixture();
    const PEERS = 1_500;
    const holders: ConnectionHandle[] = [];
    transport.provideSlice = (connection, _requestId, slice, bytes) => {
      transport.provided.push({ slice, bytes });
      holders.push(connection);
      return true;
    };
    for (let peer = 1; peer <= PEERS; peer++) {
      const event = { kind: "fetch_requested" as const, connection: peer as ConnectionHandle };
      service.handleEvent({ ...event, requestId: 1, id: ID, bitmap: 0b11, maxPrice: 255 }, NOW);
    }
    const wanting = (): number => PEERS - new Set(holders).size;
    while (service.heldSlices < HELD_SLICES_MAX) await settle();
    await settle();
    expect([transport.provided.length, wanting() > 400]).toEqual([HELD_SLICES_MAX, true]);
    for (let at = 0; at < transport.provided.length; at++) { // whatever is sent is acknowledged
      const [connection, bytes] = [holders[at], transport.provided[at]?.bytes];
      if (connection === undefined || bytes === undefined) continue;
      const { length: ackedBytes } = bytes;
      const settled = { connection, requestId: 1, bytes, ackedBytes };
      service.handleEvent({ kind: "slice_returned", ...settled }, NOW);
      if (at + 1 === transport.provided.length) await settle();
    }
    expect([transport.provided.length, wanting(), service.heldSlices]).toEqual([2 * PEERS, 0, 0]);
  });

  test("peers that never acknowledge are closed once others wait for what they keep", async () => {
    const { transport, service } = fixture();
    const held = new Map<ConnectionHandle, Uint8Array[]>();
    transport.provideSlice = (connection, _requestId, slice, bytes) => {
      transport.provided.push({ slice, bytes });
      held.set(connection, [...held.get(connection) ?? [], bytes]);
      return true;
    };
    const ask = (peer: number): void => {
      const event = { kind: "fetch_requested" as const, connection: peer as ConnectionHandle };
      service.handleEvent({ ...event, requestId: 1, id: ID, bitmap: 0b1111, maxPrice: 255 }, NOW);
    };
    for (let peer = 1; service.heldSlices < HELD_SLICES_MAX; peer++) {
      ask(peer);
      await settle();
    }
    const late = 9_999 as ConnectionHandle;
    ask(late);
    await settle();
    expect(held.has(late)).toBe(false);
    const dueAt = service.nextTimeout();
    service.turn(after(NOW, 29_000));
    expect([dueAt, transport.closedConnections]).toEqual([after(NOW, 30_000), []]);
    service.turn(after(NOW, 30_000));
    expect([transport.closedConnections, service.overduePeers]).toEqual([
      [1 as ConnectionHandle],
      1,
    ]);
    for (const bytes of held.get(1 as ConnectionHandle) ?? []) {
      const connection = 1 as ConnectionHandle;
      const { length: ackedBytes } = bytes;
      const settled = { connection, requestId: 1, bytes, ackedBytes };
      service.handleEvent({ kind: "slice_returned", ...settled }, NOW);
    }
    await settle();
    expect(held.get(late)?.length).toBe(4);
  });
});
