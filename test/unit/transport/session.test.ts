import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { PacketHead, readResp, remoteKeyOf } from "../../../src/session/mod.ts";
import { sessionOf } from "../../../src/transport/session.ts";
import {
  accepted,
  present,
  TEST_ADDRESS,
  testInit,
  testKey,
  testReadInit,
  testResp,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

test("what one role seals the other opens, in both directions and in no other", () => {
  const random = new SeededRandom(1);
  const a = testKey(random), b = testKey(random);
  const { packet, pending } = testInit(a, b, random);
  const resp = testResp(b, testReadInit(b, packet), random);
  const { keys } = accepted(readResp(pending, resp.packet));
  const remote = (key: typeof a) => present(remoteKeyOf(key.publicKey));
  const ours = sessionOf("initiator", keys, 100, 200, remote(b), TEST_ADDRESS);
  const theirs = sessionOf("responder", resp.keys, 200, 100, remote(a), TEST_ADDRESS);
  const head = new PacketHead();
  const into = new Uint8Array(100);
  for (const [from, to, receiver] of [[ours, theirs, b], [theirs, ours, a]] as const) {
    const out = new Uint8Array(33).fill(7);
    from.sealing.seal(0, out, 0, 5);
    expect(receiver.mask.firstWord(out, 0)).toBe(to.connectionId);
    expect(to.opening.readHead(out, 0, 33, to.connectionId, head)).toBe(true);
    expect(to.opening.open(out, 0, head, into, 0 as Instant, 1)).toBe(5);
    const isOwn = from.opening.readHead(out, 0, 33, to.connectionId, head) &&
      from.opening.open(out, 0, head, into, 0 as Instant, 1) === 5;
    expect(isOwn).toBe(false);
  }
});
