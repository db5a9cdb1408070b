import { SeededRandom, type UnixMs } from "../../../src/lib/mod.ts";
import { remoteKeyOf } from "../../../src/session/mod.ts";
import { Dialer } from "../../../src/transport/dialer.ts";
import { Outbox } from "../../../src/transport/outbox.ts";
import { PacketSorter } from "../../../src/transport/packet_sorter.ts";
import { type Session, sessionOf } from "../../../src/transport/session.ts";
import {
  NO_WORK,
  present,
  TEST_ADDRESS,
  TEST_NETWORK_ID,
  testInit,
  testKey,
  testSession,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

function rig() {
  const random = new SeededRandom(1);
  const us = testKey(random), peer = testKey(random);
  const options = {
    identity: us,
    networkId: TEST_NETWORK_ID,
    random,
    unixMs: () => 0 as UnixMs,
    datagramBytesMax: 1472,
    outbox: new Outbox(),
    early: () => [],
  };
  const dialer = new Dialer<string>(options, NO_WORK);
  const sessions = new Map<number, Session<string>>();
  const sorter = new PacketSorter(us, dialer, sessions);
  return { random, us, peer, sessions, sorter };
}

test("DATA of a known session, INIT to us and junk are told apart by the head", () => {
  const { random, us, peer, sessions, sorter } = rig();
  const { keys } = testSession(random);
  const remote = (key: typeof us) => present(remoteKeyOf(key.publicKey));
  const ours = sessionOf<string>("responder", keys, 4000, 5000, remote(peer), TEST_ADDRESS);
  const theirs = sessionOf<string>("initiator", keys, 5000, 4000, remote(us), TEST_ADDRESS);
  sessions.set(4000, ours);
  const data = new Uint8Array(60);
  theirs.sealing.seal(3, data, 0, 32);
  const sorted = sorter.sort(data, 0, 60);
  expect(sorted.kind).toBe("data");
  if (sorted.kind === "data") expect([sorted.session, sorted.head.packetNumber]).toEqual([ours, 3]);
  expect(sorter.length).toBe(60);
  const { packet } = testInit(peer, us, random);
  expect(sorter.sort(packet, 0, packet.length).kind).toBe("init");
  expect(sorter.length).toBe(packet.length);
  sessions.clear();
  expect(sorter.sort(data, 0, 60)).toEqual({ kind: "junk", reason: "unknown_connection" });
  expect(sorter.length).toBe(0);
});

test("packets of two sessions in any order go each to its own, damaged ones to none", () => {
  const { random, us, peer, sessions, sorter } = rig();
  const remote = (key: typeof us) => present(remoteKeyOf(key.publicKey));
  const pairs = [4000, 4001].map((id) => {
    const { keys } = testSession(random);
    const ours = sessionOf<string>("responder", keys, id, id + 1000, remote(peer), TEST_ADDRESS);
    sessions.set(id, ours);
    const sealing = sessionOf<string>("initiator", keys, id + 1000, id, remote(us), TEST_ADDRESS)
      .sealing;
    return { ours, sealing };
  });
  const packet = new Uint8Array(60);
  [0, 0, 1, 0, 1, 1, 0].forEach((which, number) => {
    const { ours, sealing } = present(pairs[which]);
    packet.fill(0);
    sealing.seal(number, packet, 0, 32);
    const damaged = new Uint8Array(packet);
    damaged[5] = (damaged[5] ?? 0) ^ 1; // its length and number are another's
    expect(sorter.sort(damaged, 0, 60)).toEqual({ kind: "junk", reason: "bad_length" });
    const sorted = sorter.sort(packet, 0, 60);
    if (sorted.kind !== "data") throw new Error(`it is ${sorted.kind}`);
    expect(sorted.session === ours).toBe(true);
    expect([sorted.head.packetNumber, sorter.length]).toEqual([number, 60]);
  });
  const { ours, sealing } = present(pairs[0]);
  sealing.seal(9, packet, 0, 32);
  const heir = sessionOf<string>(
    "responder",
    testSession(random).keys,
    4000,
    7000,
    remote(peer),
    TEST_ADDRESS,
  );
  sessions.set(4000, heir); // the id has another owner: the last session's head says nothing
  expect(sorter.sort(packet, 0, 60).kind).toBe("junk");
  sessions.set(4000, ours);
  expect(sorter.sort(packet, 0, 60).kind).toBe("data");
});

test("too short, cut off or damaged in the head is junk", () => {
  const { random, us, peer, sorter } = rig();
  const { packet } = testInit(peer, us, random);
  expect(sorter.sort(packet, 0, 27)).toEqual({ kind: "junk", reason: "too_small" });
  expect(sorter.sort(packet, 0, packet.length - 1))
    .toEqual({ kind: "junk", reason: "bad_length" });
  const damaged = new Uint8Array(packet);
  damaged[6] = (damaged[6] ?? 0) ^ 1;
  expect(sorter.sort(damaged, 0, damaged.length).kind).toBe("junk");
});
