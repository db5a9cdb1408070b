import { openDenoSocket } from "../../../src/runtime/deno/udp.ts";
import { expect, test } from "../../support/harness.ts";
import { moveBetweenSockets } from "../../support/socket_transfer.ts";

/** Runs `work` with a runtime whose sockets are real, and of whose calls some fail as they do when
 * a peer is gone or a buffer is full. @returns how many failed. */
async function withFaults(
  fails: (call: number) => boolean,
  work: () => Promise<void>,
): Promise<number> {
  const real = Deno.listenDatagram;
  let calls = 0, failed = 0;
  const mayFail = (why: Error): void => {
    if (!fails(++calls)) return;
    failed++;
    throw why;
  };
  const faulty = (options: Deno.UdpListenOptions & { transport: "udp" }): Deno.DatagramConn => {
    const socket = real(options);
    const [send, receive] = [socket.send.bind(socket), socket.receive.bind(socket)];
    return Object.assign(socket, {
      send(...datagram: Parameters<typeof send>) {
        mayFail(new Error("Resource temporarily unavailable (os error 11)"));
        return send(...datagram);
      },
      async receive(into?: Uint8Array) {
        mayFail(new Deno.errors.ConnectionRefused("Connection refused (os error 111)"));
        return await receive(into);
      },
    });
  };
  Deno.listenDatagram = faulty as never;
  try {
    await work();
  } finally {
    Deno.listenDatagram = real;
  }
  return failed;
}

test("sends and receives that fail now and then cost no byte of a transfer", async () => {
  const failed = await withFaults((call) => call % 50 === 0, async () => {
    await moveBetweenSockets(openDenoSocket, 1);
  });
  expect(failed).toBeGreaterThan(10);
});

test("a storm of errors holds a transfer up and does not end it", async () => {
  const failed = await withFaults((call) => call % 400 < 60, async () => {
    await moveBetweenSockets(openDenoSocket, 1);
  });
  expect(failed).toBeGreaterThan(60);
});
