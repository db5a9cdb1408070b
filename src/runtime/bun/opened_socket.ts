import { readdirSync, readlinkSync } from "node:fs";
import { getOption, openLibc } from "./libc.ts";

// asm-generic/socket.h, bits/socket_type.h
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SOCK_DGRAM = 2;
/** Of sockaddr_storage. In both families the port stands in bytes 2 and 3. */
const ADDRESS_BYTES = 128;

const DIRECTORY = "/proc/self/fd";

/** The descriptors of this process that are sockets. */
export function openSockets(): ReadonlySet<number> {
  const found = new Set<number>();
  for (const name of readdirSync(DIRECTORY)) {
    try {
      if (readlinkSync(`${DIRECTORY}/${name}`).startsWith("socket:")) found.add(Number(name));
    } catch {
      // That of the directory itself is closed by now.
    }
  }
  return found;
}

/** The UDP socket on `port` that was opened since `before`; undefined if there is not just one. For
 * a runtime that opens a socket and does not say which. */
export function udpSocketSince(before: ReadonlySet<number>, port: number): number | undefined {
  const found = [...openSockets()].filter((fd) =>
    !before.has(fd) && getOption(fd, SOL_SOCKET, SO_TYPE) === SOCK_DGRAM && portOf(fd) === port
  );
  return found.length === 1 ? found[0] : undefined;
}

function portOf(fd: number): number | undefined {
  const address = new Uint8Array(ADDRESS_BYTES);
  const length = Uint32Array.of(ADDRESS_BYTES);
  if (openLibc()?.getsockname(fd, address, length) !== 0) return undefined;
  return new DataView(address.buffer).getUint16(2);
}
