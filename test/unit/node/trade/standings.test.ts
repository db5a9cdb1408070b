import { evaluatePuzzle } from "../../../../src/identity/mod.ts";
import { type NodeId, SeededRandom } from "../../../../src/lib/mod.ts";
import { Standings } from "../../../../src/node/trade/standings.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { virtualIdentity, withRank } from "../../../sim/virtual_node.ts";
import { expect, test } from "../../../support/harness.ts";
import { at } from "../../../support/market_parts.ts";

const PEER = 3 as ConnectionHandle;

function setUp(claimedRank = 3, isRankOfUse = true) {
  const identity = withRank(virtualIdentity(new SeededRandom(1)), 3);
  const { network, nodeId, keyPair: { publicKey } } = identity;
  const work = { ...identity.work, rank: claimedRank };
  const [closed, proven, logged]: [number[], number[], string[]] = [[], [], []];
  const known = new Map<string, NodeId>();
  let evaluations = 0;
  const standings = new Standings({
    transport: {
      info: (connection: number) =>
        connection === PEER && closed.length === 0
          ? { publicKey, work, isEstablished: true } as never
          : undefined,
      close: (_connection, code) => void closed.push(code),
    },
    network,
    workPool: {
      evaluate: (puzzle: "test_id", key: Uint8Array, nonce: bigint) => {
        evaluations++;
        return Promise.resolve(evaluatePuzzle(puzzle, key, nonce));
      },
    } as never,
    verified: {
      nodeIdOf: () => known.get("peer"),
      remember: (_key, _nonce, id) => Promise.resolve(void known.set("peer", id)),
    },
    logger: { log: (_level, event) => void logged.push(event) },
    now: () => at(0),
    isRankOfUse,
    onProven: (connection) => void proven.push(connection),
  });
  const connect = (rank = claimedRank) => {
    const claim = { ...work, rank };
    standings.handleEvent(
      { kind: "connected", connection: PEER, publicKey, work: claim } as never,
    );
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    standings,
    connect,
    settle,
    publicKey,
    nodeId,
    nonce: work.rankNonce,
    closed,
    proven,
    logged,
    evaluations: () => evaluations,
  };
}

test("a place is proven when it is first asked for, once, and remembered", async () => {
  const { standings, connect, settle, nodeId, evaluations, proven } = setUp(0);
  connect();
  expect(standings.nodeIdOf(PEER)).toBeUndefined();
  expect(standings.nodeIdOf(PEER)).toBeUndefined();
  await settle();
  expect([standings.nodeIdOf(PEER), evaluations(), proven]).toEqual([nodeId, 1, [PEER]]);
  standings.handleEvent({ kind: "closed", connection: PEER } as never);
  expect(standings.nodeIdOf(PEER)).toEqual(nodeId);
  expect(evaluations()).toBe(1);
});

test("a rank counts once it has been proven", async () => {
  const { standings, connect, settle, publicKey } = setUp(3);
  connect();
  expect(standings.rankOf(publicKey)).toBe(0);
  await settle();
  expect(standings.rankOf(publicKey)).toBe(3);
});

test("who claims work that it has not done is closed and stays without rank", async () => {
  const { standings, connect, settle, publicKey, closed, logged } = setUp(60);
  connect();
  await settle();
  expect([standings.rankOf(publicKey), closed, logged]).toEqual([0, [4], ["false_work_claim"]]);
});

test("while its check runs a claim is given the benefit of the doubt, and no longer", async () => {
  for (const [claimed, isTrue] of [[3, true], [60, false]] as const) {
    const { standings, connect, settle, publicKey } = setUp(claimed);
    expect(standings.mayHaveRank(publicKey, 1)).toBe(false);
    connect();
    expect([standings.mayHaveRank(publicKey, claimed), standings.rankOf(publicKey)])
      .toEqual([true, 0]);
    expect(standings.mayHaveRank(publicKey, claimed + 1)).toBe(false);
    await settle();
    expect(standings.mayHaveRank(publicKey, claimed)).toBe(isTrue);
  }
});

test("a higher rank of a later session is looked at, the same is not again", async () => {
  const { standings, connect, settle, publicKey, evaluations } = setUp(2);
  connect();
  connect();
  await settle();
  connect();
  await settle();
  expect([standings.rankOf(publicKey), evaluations()]).toEqual([2, 1]);
  connect(3);
  await settle();
  expect([standings.rankOf(publicKey), evaluations()]).toEqual([3, 2]);
});

test("a rank that is told over a session is looked at like one of a handshake", async () => {
  const { standings, connect, settle, publicKey, closed, nonce } = setUp(0);
  connect();
  const say = (rank: number) =>
    standings.handleRank(PEER, { type: "RANK", requestId: 1, rank, nonce });
  say(2);
  expect(standings.mayHaveRank(publicKey, 2)).toBe(true);
  await settle();
  expect([standings.rankOf(publicKey), closed]).toEqual([2, []]);
  say(1); // worse than what is proven: not even looked at
  say(60);
  await settle();
  expect([standings.rankOf(publicKey), closed]).toEqual([2, [4]]);
});

test("a rank told while another is checked is looked at after it, the greatest alone", async () => {
  const { standings, connect, settle, publicKey, nonce, evaluations } = setUp(1);
  const say = (rank: number) =>
    standings.handleRank(PEER, { type: "RANK", requestId: 1, rank, nonce });
  connect();
  for (const rank of [2, 3, 1, 2]) say(rank);
  expect([3, 4].map((rank) => standings.mayHaveRank(publicKey, rank))).toEqual([true, false]);
  await settle();
  expect([standings.rankOf(publicKey), evaluations()]).toEqual([3, 2]);
  connect(60);
  say(61);
  await settle();
  expect([standings.rankOf(publicKey), evaluations()]).toEqual([3, 3]); // its connection is closed
});

test("where no line depends on it no rank is looked at", async () => {
  const { connect, settle, evaluations } = setUp(60, false);
  connect();
  await settle();
  expect(evaluations()).toBe(0);
});

test("of a connection that is gone nothing is known", () => {
  const { standings } = setUp();
  expect(standings.nodeIdOf(99 as ConnectionHandle)).toBeUndefined();
  expect(standings.publicKeyOf(99 as ConnectionHandle)).toBeUndefined();
});
