import { ConnectionIds, SPARE_IDS } from "../../../src/transport/connection_ids.ts";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";
import { drop } from "../../../src/wire/mod.ts";

/** Gives ids while more are wanted, sequence number n as id 100 n. @returns their numbers. */
function give(ids: ConnectionIds): number[] {
  const given: number[] = [];
  while (ids.wantsMore) given.push(ids.give(100 * (ids.given + 1)).sequence);
  return given;
}

test("four ids are given ahead of the one under which the peer was heard", () => {
  const ids = new ConnectionIds(17);
  expect(give(ids)).toEqual([1, 2, 3, 4]);
  expect(ids.onHeard(200)).toEqual([]);
  expect(give(ids)).toEqual([5, 6]);
  expect(ids.onHeard(100)).toEqual([]); // on its way since before
  expect([ids.heardId, ids.wantsMore]).toEqual([200, false]);
});

test("ids before the last two that the peer used go out of use", () => {
  const ids = new ConnectionIds(17);
  give(ids);
  ids.onHeard(100);
  expect(ids.onHeard(300)).toEqual([17]);
  expect([...ids.ours]).toEqual([100, 200, 300, 400]);
});

test("the sequence number ends at 255, and the last id stays in use", () => {
  const ids = new ConnectionIds(17);
  for (let sequence = 1; sequence <= 255; sequence++) {
    give(ids);
    ids.onHeard(100 * sequence);
  }
  expect([ids.heardId, ids.wantsMore]).toEqual([25_500, false]);
});

test("the peer's ids are used in order, each once, whatever the order they came in", () => {
  const ids = new ConnectionIds(17);
  expect([ids.next, ids.take()]).toEqual([undefined, undefined]);
  for (const sequence of [2, 1, 2, 4, 3]) {
    expect(ids.onGiven({ sequence, connectionId: 1_000 + sequence })).toBeUndefined();
  }
  expect([ids.next, ids.take(), ids.take()]).toEqual([1_001, 1_001, 1_002]);
  expect(ids.onGiven({ sequence: 2, connectionId: 1_002 })).toBeUndefined(); // sent again
  expect(ids.take()).toBe(1_003);
});

test("more than four that were not used are too many", () => {
  const ids = new ConnectionIds(17);
  for (let sequence = 1; sequence <= SPARE_IDS; sequence++) {
    ids.onGiven({ sequence, connectionId: 1_000 + sequence });
  }
  expect(ids.onGiven({ sequence: 5, connectionId: 1_005 })).toEqual(drop("limit"));
});

test("who hears the peer under a later number follows, and is not followed back", () => {
  const a = new ConnectionIds(17), b = new ConnectionIds(18);
  for (const [from, to] of [[a, b], [b, a]] as const) {
    while (from.wantsMore) to.onGiven(from.give(1_000 + from.given));
  }
  const moved = present(a.take());
  b.onHeard(moved);
  const answer = present(b.follow());
  a.onHeard(answer);
  expect([a.follow(), b.follow()]).toEqual([undefined, undefined]);
});

/** A download during which the client's address changes now and then. */
function migrate(moves: number) {
  const world = new EndpointWorld(1);
  const a = world.node("203.0.113.1"), b = world.node("203.0.113.2");
  const handle = a.connect(b);
  world.run(200);
  const slice = new Uint8Array(1_000).fill(7);
  b.onEvent = (event) => {
    if (event.kind !== "fetch_requested") return;
    const info = { status: 0, chunkLength: slice.length, queueMs: 0 } as const;
    b.endpoint.fetchInfo(event.connection, event.requestId, info, b.now);
    b.endpoint.provideSlice(event.connection, event.requestId, 0, slice, b.now);
  };
  const fetch = () => {
    const into = new Uint8Array(slice.length);
    const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into };
    a.endpoint.startFetch(handle, request, a.now);
    a.drive();
    world.run(1_000);
  };
  for (let move = 0; move <= moves; move++) {
    if (move > 0) a.moveTo(`203.0.113.${100 + move}`);
    fetch();
    fetch();
  }
  return { world, a, b };
}

test("after each move both ends write under ids that the path before has not seen", () => {
  const { world, a, b } = migrate(6);
  expect(a.ofKind("slice_received").length).toBe(14);
  expect([...a.ofKind("closed"), ...b.ofKind("closed")]).toEqual([]);
  for (const to of [a, b]) {
    const seen = new Map<number, Set<string>>();
    for (const datagram of world.sent) {
      const isTheirs = to === a ? datagram.to.ip !== b.address.ip : datagram.to.ip === b.address.ip;
      if (!isTheirs || datagram.bytes.length >= 400) continue; // a handshake's are longer
      const id = to.key.mask.firstWord(datagram.bytes, 0);
      const place = to === a ? datagram.to.ip : datagram.from.ip;
      seen.set(id, (seen.get(id) ?? new Set()).add(place));
    }
    // who moves without knowing it writes a few packets under the old id from the new place
    const shared = [...seen.values()].filter((places) => places.size > (to === a ? 1 : 2));
    expect(shared).toEqual([]);
    expect(seen.size).toBeGreaterThanOrEqual(7);
  }
});
