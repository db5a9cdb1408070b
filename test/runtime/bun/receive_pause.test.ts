import { readdirSync, readFileSync } from "node:fs";
import { pausableReceive } from "../../../src/runtime/bun/receive_pause.ts";
import { openBunSocket } from "../../../src/runtime/bun/udp.ts";
import { expect, test } from "../../support/harness.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const QUIET = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };

const openFiles = (): number => readdirSync("/proc/self/fd").length;

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((done) => setTimeout(done, 2));
}

/** How many files of this process some poll watches for room to write (EPOLLOUT). */
function polledForRoom(): number {
  let count = 0;
  for (const file of readdirSync("/proc/self/fdinfo")) {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${file}`, "utf8");
      for (const [, events = "0"] of info.matchAll(/^tfd:.* events: +([0-9a-f]+) /gm)) {
        count += (parseInt(events, 16) & 4) / 4;
      }
    } catch { // closed meanwhile: the one the folder was read with
    }
  }
  return count;
}

/** The runtime has stopped polling a fresh socket for room, so receiving may be paused. */
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 2));

/** Handles a datagram for longer than the longest slice. */
function spin(): void {
  for (const end = performance.now() + 11; performance.now() < end;);
}

const isLinux = process.platform === "linux"; // elsewhere receiving cannot be paused

test("while paused nothing arrives, and nothing of it is lost", async () => {
  if (!isLinux) return;
  const got: number[] = [];
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    binaryType: "uint8array",
    socket: { data: (_socket, bytes) => void got.push(bytes[0] ?? -1), error() {} },
  });
  const sender = await openBunSocket(LOOPBACK, QUIET);
  const pause = pausableReceive((socket as unknown as { readonly fd: number }).fd);
  pause?.pause();
  for (let i = 0; i < 3; i++) {
    sender.send({ ip: "127.0.0.1", port: socket.port }, Uint8Array.of(i), 1);
  }
  await new Promise((done) => setTimeout(done, 5));
  expect([pause?.isPaused, got]).toEqual([true, []]);
  pause?.resume();
  await until(() => got.length === 3);
  expect([pause?.isPaused, got]).toEqual([false, [0, 1, 2]]);
  pause?.close();
  socket.close();
  sender.close();
});

test("what is sent while receiving is paused is a short send, and drain follows", async () => {
  if (!isLinux) return;
  const accepted: number[] = [];
  const answered: number[] = [];
  const answer = (): void => {
    accepted.push(b.send(a.localAddress, Uint8Array.of(accepted.length), 1));
  };
  const a = await openBunSocket(
    LOOPBACK,
    { ...QUIET, onDatagram: (bytes) => void answered.push(bytes[0] ?? -1) },
  );
  const b = await openBunSocket(LOOPBACK, {
    ...QUIET,
    onDatagram: () => {
      spin();
      queueMicrotask(answer);
    },
    onDrain: () => {
      if (accepted.at(-1) === 0) answer();
    },
  });
  await settled();
  a.send(b.localAddress, Uint8Array.of(9), 1);
  await until(() => answered.length === 1);
  expect([accepted, answered]).toEqual([[0, 1], [1]]);
  for (const each of [a, b]) each.close();
});

test("a closed socket leaves no file open, paused or not", async () => {
  if (!isLinux) return;
  const quiet = async (): Promise<void> => (await openBunSocket(LOOPBACK, QUIET)).close();
  await quiet();
  const before = openFiles();
  for (let i = 0; i < 5; i++) await quiet();
  const b = await openBunSocket(LOOPBACK, {
    ...QUIET,
    onDatagram: () => {
      spin();
      queueMicrotask(() => b.close());
    },
  });
  const a = await openBunSocket(LOOPBACK, QUIET);
  await settled();
  a.send(b.localAddress, Uint8Array.of(9), 1);
  await until(() => openFiles() === before + 3); // of the one that is open
  a.close();
  expect(openFiles()).toBe(before);
});

test("a socket that is busy from its first datagram on lets the loop sleep later", async () => {
  if (!isLinux) return;
  let heard = 0;
  const onDatagram = (): void => {
    heard++;
    spin();
  };
  const a = await openBunSocket(LOOPBACK, QUIET);
  await settled();
  const before = polledForRoom();
  const b = await openBunSocket(LOOPBACK, { ...QUIET, onDatagram });
  a.send(b.localAddress, Uint8Array.of(1), 1); // before the loop polls b at all
  await until(() => heard === 1);
  await settled();
  a.send(b.localAddress, Uint8Array.of(2), 1); // paused and resumed like any other
  await until(() => heard === 2);
  await settled();
  expect([heard, polledForRoom()]).toEqual([2, before]);
  for (const each of [a, b]) each.close();
});
