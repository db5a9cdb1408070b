import { createServer } from "node:net";

/** Below what Linux and the RFCs give out by themselves (RFC 6335 §6, ip_local_port_range), so that
 * nothing that opens a port meanwhile is given one of these. */
const FROM = 16_384;
const TO = 32_768;

/** In this process. */
const drawn = new Set<number>();

/** A TCP port of 127.0.0.1 that is free, another each time, for programs that take no other. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (drawn.has(port) || !(await isFree(port))) continue;
    drawn.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
