import { utf8 } from "../../../src/lib/mod.ts";
import type { StreamHandler, StreamSocket } from "../../../src/ports/mod.ts";
import { connectOnBun, listenOnBun } from "../../../src/runtime/bun/streams.ts";
import { expect, test } from "../../support/harness.ts";

const HERE = { ip: "127.0.0.1", port: 0 };
const fails = (): never => {
  throw new Error("a fault");
};
const quiet = { onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} };

/** A connection to a server that accepts so: what is told of it, until the client's end closed. */
async function meet(accept: (socket: StreamSocket) => StreamHandler) {
  const faults: string[] = [];
  const server = listenOnBun(HERE, accept, (fault) => void faults.push(String(fault)));
  let closed = (_: boolean): void => {};
  const isClosed = new Promise<boolean>((resolve) => closed = resolve);
  const connecting = connectOnBun(server.localAddress, { ...quiet, onClose: closed });
  await connecting.then((client) => {
    client.write(new Uint8Array(1));
    client.end();
  }, () => {}); // it may be cut before it is used
  const wasCut = await isClosed;
  server.stop();
  return { faults, wasCut };
}

test("a fault in a handler is told, and cuts its connection", async () => {
  const cut = { faults: ["Error: a fault"], wasCut: true };
  expect(await meet(() => fails())).toEqual(cut);
  let wasTold = 0;
  const onClose = (): void => void wasTold++;
  expect(await meet(() => ({ ...quiet, onData: fails, onClose }))).toEqual(cut);
  expect(await meet(() => ({ ...quiet, onEnd: fails, onClose }))).toEqual(cut);
  expect(wasTold).toBe(2);
});

test("a fault at the end of a connection is told", async () => {
  const ends = (socket: StreamSocket) => ({
    ...quiet,
    onData: () => socket.close(),
    onClose: fails,
  });
  expect((await meet(ends)).faults).toEqual(["Error: a fault"]);
});

test("pausing or resuming twice is once, and what came meanwhile is told", async () => {
  const told: string[] = [];
  const { faults } = await meet((socket) => {
    for (let i = 0; i < 2; i++) socket.pause();
    setTimeout(() => {
      told.push("resumed");
      for (let i = 0; i < 2; i++) socket.resume();
    }, 20);
    return {
      ...quiet,
      onData: () => void told.push("data"),
      onEnd: () => {
        told.push("end");
        socket.close();
      },
    };
  });
  expect([faults, told]).toEqual([[], ["resumed", "data", "end"]]);
});

test("a cut that a write meets first is still a cut, not an end", async () => {
  const told: string[] = [];
  let peer: StreamSocket | undefined;
  const server = listenOnBun(HERE, (socket) => {
    peer = socket;
    socket.write(utf8("half of it"));
    return quiet;
  });
  const closed = Promise.withResolvers<boolean>();
  const socket = await connectOnBun(server.localAddress, {
    ...quiet,
    onData: (bytes) => void told.push(new TextDecoder().decode(bytes)),
    onEnd: () => void told.push("end"),
    onClose: closed.resolve,
  });
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  peer?.cut();
  expect(socket.write(utf8("more"))).toBe(0); // in the turn in which it was cut
  expect(await closed.promise).toBe(true);
  expect(told).toEqual(["half of it"]);
  server.stop();
});

/** Bytes that the kernel takes for a client that reads nothing, in a tenth of a second. */
async function takenOf(server: StreamSocket): Promise<number> {
  const piece = new Uint8Array(2 ** 16);
  let taken = 0;
  for (const until = performance.now() + 100; performance.now() < until;) {
    taken += server.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return taken;
}

test("the kernel holds less for each of a crowd", async () => {
  const accepted: StreamSocket[] = [];
  const server = listenOnBun(HERE, (socket) => {
    accepted.push(socket);
    return quiet;
  });
  const clients: StreamSocket[] = [];
  const come = async (): Promise<StreamSocket> => {
    const client = await connectOnBun(server.localAddress, quiet);
    client.pause();
    clients.push(client);
    while (accepted.length < clients.length) await new Promise((resolve) => setTimeout(resolve, 1));
    return accepted.at(-1) ?? fails();
  };
  const alone = await takenOf(await come());
  while (clients.length < 300) await come();
  const inCrowd = await takenOf(await come());
  expect(inCrowd).toBeLessThan(2 ** 18); // what is not sent, and the client's own buffer
  expect(alone).toBeGreaterThan(2 * inCrowd);
  for (const client of clients) client.cut();
  server.stop();
});
