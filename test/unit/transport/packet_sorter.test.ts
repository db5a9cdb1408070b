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
