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
  expect(asked.length).toBeGreaterThan(20); // the first storm is over
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

test("while the runtime waits for room to send, receiving goes on for 100 ms", async () => {
  if (process.platform !== "linux") return; // elsewhere receiving cannot be paused
  const heard: number[] = [];
  const sent: number[] = [];
  await withShortSends(() => 64, async () => { // tells of no drain, not even of the first
    const to = await openPortableBunSocket(LOOPBACK, {
      ...QUIET,
      onDatagram(bytes, from) {
        heard.push(bytes[0] ?? -1);
        for (const end = performance.now() + 11; performance.now() < end;);
        queueMicrotask(() => sent.push(to.send(from, Uint8Array.of(9), 1)));
      },
    });
    const from = await openPortableBunSocket(LOOPBACK, QUIET);
    const send = (id: number) => from.send(to.localAddress, Uint8Array.of(id), 1);
    for (let id = 0; id < 40; id++) send(id);
    await new Promise((resolve) => setTimeout(resolve, 1)); // behind the whole wake-up
    const inFirst = heard.length;
    expect(inFirst).toBeGreaterThan(0);
    expect(inFirst).toBeLessThan(13); // then they are dropped, so that it ends
    send(99);
    while (heard.length === inFirst) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const each of [from, to]) each.close();
  });
  expect(heard.at(-1)).toBe(99);
  expect(sent).not.toContain(0); // never paused
});
