import { CHUNK_BYTES } from "../../../src/content/mod.ts";
import { openBunSocket } from "../../../src/runtime/bun/udp.ts";
import { expect, test } from "../../support/harness.ts";
import { moveBetweenSockets } from "../../support/socket_transfer.ts";

const CHUNKS = 5;
/** Bytes that one binding of the NAT lets through before it forgets it. */
const BINDING_BYTES = CHUNK_BYTES;
const LOOPBACK = { hostname: "127.0.0.1", binaryType: "uint8array" } as const;

/** A NAT on one machine: what is sent to its inner port leaves by an outer one, and answers come
 * back the same way, until that binding has let BINDING_BYTES through. Then it has another. */
async function openNat(serverPort: number) {
  const carried: number[] = [];
  let inside: { readonly port: number; readonly ip: string } | undefined;
  const bind = (): Promise<Bun.udp.Socket<"uint8array">> => {
    const which = carried.push(0) - 1;
    return Bun.udpSocket({
      ...LOOPBACK,
      socket: {
        data(_socket, bytes) {
          carried[which] = (carried[which] ?? 0) + bytes.length;
          if (inside !== undefined) inner.send(bytes, inside.port, inside.ip);
          if (carried[which] >= BINDING_BYTES && which + 1 === carried.length) void rebind();
        },
        error() {},
      },
    });
  };
  let outer = await bind();
  const inner = await Bun.udpSocket({
    ...LOOPBACK,
    socket: {
      data(_socket, bytes, port, ip) {
        inside = { port, ip };
        outer.send(bytes, serverPort, "127.0.0.1");
      },
      error() {},
    },
  });
  const rebind = async (): Promise<void> => {
    const before = outer;
    outer = await bind();
    before.close(); // what is under way to it is lost
  };
  return { port: inner.port, carried, close: () => [inner, outer].forEach((each) => each.close()) };
}

test("a download goes on though a NAT binds it anew again and again", async () => {
  let nat: Awaited<ReturnType<typeof openNat>> | undefined;
  await moveBetweenSockets(
    openBunSocket,
    CHUNKS,
    async (port) => {
      nat = await openNat(port);
      return nat.port;
    },
  );
  nat?.close();
  const bytes = nat?.carried ?? [];
  expect(bytes.length).toBeGreaterThanOrEqual(4);
  expect(bytes.slice(0, 4).every((each) => each > 10_000)).toBe(true);
});
