import { openPortableBunSocket } from "../../../src/runtime/bun/udp.ts";
import { expect, test } from "../../support/harness.ts";
import { moveBetweenSockets } from "../../support/socket_transfer.ts";

type BunSocket = Bun.udp.Socket<"uint8array">;
type Batch = Parameters<BunSocket["sendMany"]>[0];

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const QUIET = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };

/** Runs `work` with a runtime whose sockets are real and take no more of each batch than `most`
 * says, given how often they were asked; they tell of no drain. @returns how many they were asked
 * to take each time. */
async function withShortSends(
  most: (call: number) => number,
  work: () => Promise<void>,
): Promise<number[]> {
  const real = Bun.udpSocket;
  const asked: number[] = [];
  const faulty = async (options: Bun.udp.SocketOptions<"uint8array">) => {
    const { drain: _never, ...handlers } = options.socket ?? {};
    const socket = await real({ ...options, socket: handlers });
    const [sendMany, send] = [socket.sendMany.bind(socket), socket.send.bind(socket)];
    socket.sendMany = (batch: Batch) => {
      asked.push(batch.length / 3);
      const part = batch.slice(0, 3 * most(asked.length));
      return part.length === 0 ? 0 : sendMany(part);
    };
    socket.send = (...datagram: Parameters<typeof send>) => {
      asked.push(1);
      return most(asked.length) > 0 && send(...datagram);
    };
    return socket;
  };
  Bun.udpSocket = faulty as never;
  try {
    await work();
  } finally {
    Bun.udpSocket = real;
  }
  return asked;
}

test("sends that take a part and tell of no drain cost no byte of a transfer", async () => {
  const asked = await withShortSends((call) => [3, 64, 64, 0, 64, 1][call % 6] ?? 0, async () => {
    await moveBetweenSockets(openPortableBunSocket, 1);
  });
  expect(asked.length).toBeGreaterThan(50);
});

test("a storm of EAGAIN holds a transfer up and does not end it", async () => {
  const asked = await withShortSends((call) => call % 50 < 20 ? 0 : 64, async () => {
    await moveBetweenSockets(openPortableBunSocket, 1);
  });
  expect(asked.length).toBeGreaterThan(50);
});

test("no call gives the runtime more than 64 datagrams, however long the train", async () => {
  let accepted = 0;
  const asked = await withShortSends(() => 64, async () => {
    const socket = await openPortableBunSocket(LOOPBACK, QUIET);
    accepted = socket.send(socket.localAddress, new Uint8Array(650 * 100), 100);
    socket.close();
  });
  expect([accepted, Math.max(...asked), asked.length]).toEqual([65_000, 64, 11]);
});
