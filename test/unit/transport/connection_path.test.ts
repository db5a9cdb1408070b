import { type Instant, SeededRandom, utf8 } from "../../../src/lib/mod.ts";
import { Connection } from "../../../src/transport/mod.ts";
import { encodePathResponse } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { NullSealer } from "../../support/null_sealer.ts";

const at = (ms: number) => ms as Instant;

function lone(): Connection {
  const random = new SeededRandom(1);
  return new Connection({ sealer: new NullSealer(), random, maxDatagramBytes: 1200, now: at(0) });
}

/** How many packets leave at `now`. */
function transmit(connection: Connection, now: number): number {
  const slab = new Uint8Array(9000);
  connection.handleTimeout(at(now));
  let packets = 0;
  while (connection.pollTransmit(at(now), slab, 0) > 0) packets++;
  return packets;
}

test("begin() takes the handshake's round trip for a sample, and the peer's datagram size", () => {
  const connection = lone();
  connection.path.begin(1472, 55);
  expect(connection.smoothedRttMs).toBe(55);
  connection.provideSlice(0, 0, new Uint8Array(1), at(5)); // bulk is near: probes begin
  connection.ping();
  expect(connection.datagramBytes).toBe(1200);
  const slab = new Uint8Array(2000);
  expect(connection.pollTransmit(at(6), slab, 0)).toBe(1372); // the first size probed for
});

test("a path is challenged outside the flight, and its echo is handed out once", () => {
  const connection = lone();
  const slab = new Uint8Array(100);
  const challenge = new Uint8Array(8).fill(5);
  expect(connection.path.writeChallenge(challenge, at(0), slab, 0)).toBe(37);
  expect(connection.bytesInFlight).toBe(0);
  const echo = new Uint8Array(9);
  encodePathResponse(challenge, echo, 0);
  connection.handlePacket(0, echo, at(5));
  expect(connection.path.takeEcho()).toEqual(challenge);
  expect(connection.path.takeEcho()).toBeUndefined();
});

test("on another host's path the window starts over and probes leave at once", () => {
  for (const isSameHost of [true, false]) {
    const connection = lone();
    connection.path.begin(1200, 10);
    const start = connection.congestionWindowBytes;
    connection.sendMessage(utf8("x"), at(0));
    transmit(connection, 0);
    for (let now = 1; now < 2000; now++) {
      transmit(connection, now);
    }
    expect(connection.ptoCount).toBeGreaterThan(2);
    connection.path.changed(isSameHost);
    expect(connection.ptoCount).toBe(0);
    expect(connection.congestionWindowBytes).toBe(start);
    expect(transmit(connection, 2000)).toBe(2);
    expect(connection.smoothedRttMs === undefined).toBe(!isSameHost);
  }
});
