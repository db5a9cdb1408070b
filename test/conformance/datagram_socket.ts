import type { Address, SkerryError } from "../../src/lib/mod.ts";
import type { DatagramSocket, OpenDatagramSocket } from "../../src/ports/mod.ts";
import { describe, expect, test } from "../support/harness.ts";

interface Inbox {
  readonly socket: DatagramSocket;
  readonly got: { bytes: Uint8Array; from: Address }[];
  batchEnds: number;
}

async function inbox(open: OpenDatagramSocket, host: string, port = 0): Promise<Inbox> {
  const got: { bytes: Uint8Array; from: Address }[] = [];
  const box = { got, batchEnds: 0 };
  const socket = await open({ host, port }, {
    onDatagram: (bytes, from) => void got.push({ bytes: bytes.slice(), from }),
    onBatchEnd: () => void box.batchEnds++,
    onDrain: () => {},
  });
  return Object.assign(box, { socket });
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((done) => setTimeout(done, 10));
}

const QUIET = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
/** Handling them takes every runtime a hundred times as long as a timer of the test. */
const FLOOD_DATAGRAMS = 100_000;

/** The law of ports/datagram_socket.ts, to be kept by every adapter.
 * @param joins whether the kernel is to hand over trains as a whole. */
export function datagramSocketConformance(
  name: string,
  open: OpenDatagramSocket,
  joins = false,
): void {
  describe(`DatagramSocket law: ${name}`, () => {
    test("a train arrives as datagrams of its segment size, in order", async () => {
      const a = await inbox(open, "127.0.0.1");
      const b = await inbox(open, "127.0.0.1");
      const train = Uint8Array.from({ length: 100 * 300 + 7 }, (_, i) => i % 251);
      const to = b.socket.localAddress;
      let sent = 0;
      while (sent < train.length) {
        sent += a.socket.send(to, train.subarray(sent), 300);
        await until(() => true);
      }
      const arrived = (): number => b.got.reduce((sum, { bytes }) => sum + bytes.length, 0);
      await until(() => arrived() === train.length && b.batchEnds > 0);
      const sizes = b.got.map(({ bytes }) => bytes.length);
      if (joins) {
        expect(sizes.length).toBeLessThan(101);
        expect(sizes.slice(0, -1).every((size) => size % 300 === 0)).toBe(true);
      } else expect(sizes).toEqual([...Array(100).fill(300), 7]);
      expect(b.got.flatMap(({ bytes }) => [...bytes])).toEqual([...train]);
      expect(b.got[0]?.from).toEqual({ ip: "127.0.0.1", port: a.socket.localAddress.port });
      expect(b.batchEnds).toBeGreaterThan(0);
      a.socket.close();
      b.socket.close();
    });

    test("trains to several receivers in turn, of several sizes, reach each in full", async () => {
      const a = await inbox(open, "127.0.0.1");
      const others = [await inbox(open, "127.0.0.1"), await inbox(open, "127.0.0.1")];
      for (let round = 0; round < 20; round++) {
        for (const [i, { socket }] of others.entries()) {
          const segmentBytes = 400 + 100 * round + i;
          const train = new Uint8Array(5 * segmentBytes - 9).fill(round);
          expect(a.socket.send(socket.localAddress, train, segmentBytes)).toBe(train.length);
          const one = Uint8Array.of(round, i); // between trains: not cut up, not joined to them
          expect(a.socket.send(socket.localAddress, one, 1200)).toBe(2);
        }
        // one round at a time: a slow receiver's stock buffer does not hold them all
        await until(() =>
          others.every(({ got }) =>
            got.at(-1)?.bytes.length === 2 &&
            got.filter(({ bytes }) => bytes.length === 2).length > round
          )
        );
      }
      const sizes = (i: number): number => 20 * (5 * (400 + i) - 9 + 2) + 5 * 100 * 190;
      for (const [i, other] of others.entries()) {
        const arrived = (): number => other.got.reduce((sum, { bytes }) => sum + bytes.length, 0);
        await until(() => arrived() === sizes(i));
        expect(arrived()).toBe(sizes(i));
        expect(other.got.filter(({ bytes }) => bytes.length === 2).length).toBe(20);
        if (!joins) expect(other.got.length).toBe(20 * 6);
        other.socket.close();
      }
      a.socket.close();
    });

    test("what is accepted is sent, however few microtasks after the one before", async () => {
      const a = await inbox(open, "127.0.0.1");
      const others = await Promise.all(Array.from({ length: 8 }, () => inbox(open, "127.0.0.1")));
      const bytesOf = ({ got }: Inbox) => got.reduce((sum, { bytes }) => sum + bytes.length, 0);
      for (const [microtasks, other] of others.entries()) {
        const { socket } = other;
        expect(a.socket.send(socket.localAddress, Uint8Array.of(1), 1_200)).toBe(1);
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
        expect(a.socket.send(socket.localAddress, Uint8Array.of(2), 1_200)).toBe(1);
        await until(() => bytesOf(other) === 2);
        expect(bytesOf(other)).toBe(2); // before the next send, which would take it along
      }
      for (const { socket } of [a, ...others]) await socket.close();
    });

    test("a dual-stack socket shows IPv4 senders as IPv4 and can answer them", async () => {
      const dual = await inbox(open, "::");
      const four = await inbox(open, "127.0.0.1");
      const to = { ip: "127.0.0.1", port: dual.socket.localAddress.port };
      four.socket.send(to, new Uint8Array([1, 2, 3]), 1200);
      await until(() => dual.got.length === 1);
      expect(dual.got[0]?.from.ip).toBe("127.0.0.1");
      dual.socket.send(dual.got[0]?.from ?? to, new Uint8Array([4]), 1200);
      await until(() => four.got.length === 1);
      expect(four.got[0]?.bytes).toEqual(new Uint8Array([4]));
      dual.socket.send({ ...to, port: four.socket.localAddress.port }, new Uint8Array(800), 400);
      await until(() => four.got.reduce((sum, { bytes }) => sum + bytes.length, 0) === 801);
      expect(four.got.at(-1)?.from).toEqual(to);
      dual.socket.close();
      four.socket.close();
    });

    test("datagrams that come faster than they are handled leave timers their turn", async () => {
      const a = await open({ host: "127.0.0.1", port: 0 }, QUIET);
      let left = FLOOD_DATAGRAMS;
      const flood = (): void => {
        if (left-- > 0) a.send(b.localAddress, new Uint8Array(2), 1); // for each that came, two
      };
      const b = await open({ host: "127.0.0.1", port: 0 }, { ...QUIET, onDatagram: flood });
      flood();
      await until(() => left < FLOOD_DATAGRAMS - 1);
      expect(left).toBeGreaterThan(0);
      a.close();
      b.close();
    });

    test("what was accepted before a close arrives, and nothing is told after it", async () => {
      const a = await inbox(open, "127.0.0.1");
      const others = await Promise.all(Array.from({ length: 8 }, () => inbox(open, "127.0.0.1")));
      for (const [i, { socket }] of others.entries()) {
        expect(a.socket.send(socket.localAddress, Uint8Array.of(i), 1_200)).toBe(1);
        socket.send(a.socket.localAddress, Uint8Array.of(i), 1_200);
      }
      const closing = a.socket.close();
      const toldBefore = [a.got.length, a.batchEnds];
      await closing;
      await until(() => others.every(({ got }) => got.length === 1));
      expect(others.map(({ got }) => got.map(({ bytes }) => bytes[0]))).toEqual(
        others.map((_, i) => [i]),
      );
      expect([a.got.length, a.batchEnds]).toEqual(toldBefore);
      const again = await inbox(open, "127.0.0.1", a.socket.localAddress.port); // it is free
      for (const { socket } of [again, ...others]) await socket.close();
    });

    test("sending to a closed port neither throws nor ends the socket", async () => {
      const gone = await inbox(open, "127.0.0.1");
      const to = gone.socket.localAddress;
      gone.socket.close();
      const a = await inbox(open, "127.0.0.1");
      const b = await inbox(open, "127.0.0.1");
      for (let i = 0; i < 5; i++) {
        a.socket.send(to, new Uint8Array(100), 1200);
        await new Promise((done) => setTimeout(done, 5));
      }
      b.socket.send(a.socket.localAddress, new Uint8Array([9]), 1200);
      await until(() => a.got.length === 1);
      expect(a.got.length).toBe(1);
      a.socket.close();
      b.socket.close();
    });

    test("a taken port and a foreign address are told apart", async () => {
      const a = await inbox(open, "127.0.0.1");
      const port = a.socket.localAddress.port;
      const codes: string[] = [];
      for (const [host, wanted] of [["127.0.0.1", port], ["192.0.2.1", 0]] as const) {
        await inbox(open, host, wanted).catch((error: SkerryError) => codes.push(error.code));
      }
      expect(codes).toEqual(["ADDRESS_IN_USE", "INVALID_CONFIG"]);
      a.socket.close();
    });
  });
}
