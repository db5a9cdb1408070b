import { randomBelow, SeededRandom, utf8 } from "../../src/lib/mod.ts";
import { SLICE_BYTES } from "../../src/wire/mod.ts";
import { type EndpointNode, EndpointWorld } from "../support/endpoint_world.ts";
import { present } from "../support/handshake.ts";
import { expect, test } from "../support/harness.ts";

const SEEDS = 8;
const DEEDS = 30;
/** Often longer than a connection waits before it rests, never as long as it lives in silence. */
const PAUSE_MS_MAX = 9_000;
const SETTLE_MS = 40_000;
const BAD_PATH = {
  delay: { kind: "uniform", minMs: 10, maxMs: 60 },
  loss: { kind: "bernoulli", ratio: 0.15 },
  reorder: { ratio: 0.1, delayMs: 80 },
  duplicateRatio: 0.05,
} as const;

/** Two nodes that now and then tell or ask each other something over a bad path. */
function play(seed: number): void {
  const world = new EndpointWorld(seed, BAD_PATH);
  world.network.onPacket = undefined;
  const dice = new SeededRandom(seed).split("deeds");
  const a = world.node("203.0.113.1"), b = world.node("203.0.113.2");
  const atA = a.connect(b);
  world.runUntil(() => b.ofKind("connected").length > 0);
  const atB = present(b.ofKind("connected")[0]).connection;
  const slice = new Uint8Array(SLICE_BYTES).fill(seed);
  for (const node of [a, b]) {
    node.onEvent = (event) => {
      if (event.kind !== "fetch_requested") return;
      const { connection, requestId } = event;
      const info = { status: 0, chunkLength: slice.length, queueMs: 0 } as const;
      node.endpoint.fetchInfo(connection, requestId, info, node.now);
      node.endpoint.provideSlice(connection, requestId, 0, slice, node.now);
    };
  }
  const told = new Map<EndpointNode, string[]>([[a, []], [b, []]]);
  const copies: Uint8Array[] = [];
  for (let deed = 0; deed < DEEDS; deed++) {
    const [from, to, connection] = randomBelow(dice, 2) === 0 ? [a, b, atA] : [b, a, atB];
    if (randomBelow(dice, 5) === 0) {
      const into = new Uint8Array(SLICE_BYTES);
      const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into };
      expect(from.endpoint.startFetch(connection, request, from.now)).toBeDefined();
      from.drive();
      copies.push(into);
    } else {
      const text = `${deed} ${"x".repeat(randomBelow(dice, 4) === 0 ? 5_000 : 50)}`;
      expect(from.send(connection, utf8(text))).toBe(true);
      present(told.get(to)).push(text);
    }
    world.run(randomBelow(dice, PAUSE_MS_MAX));
  }
  world.run(SETTLE_MS);
  for (const node of [a, b]) {
    expect(node.ofKind("closed")).toEqual([]);
    expect(node.messages.toSorted()).toEqual(present(told.get(node)).toSorted());
  }
  for (const copy of copies) expect(copy).toEqual(slice);
}

test("what is said between rests arrives exactly once, whatever the path does", () => {
  for (let seed = 1; seed <= SEEDS; seed++) play(seed);
}, 60_000);
