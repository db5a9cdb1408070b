import { openBunSocket } from "../../../src/runtime/bun/udp.ts";
import { datagramSocketConformance } from "../../conformance/datagram_socket.ts";
import { expect, test } from "../../support/harness.ts";

datagramSocketConformance("Bun.udpSocket", openBunSocket);

test("socket buffers are raised above the stock 212,992 bytes", async () => {
  const handlers = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const socket = await openBunSocket({ host: "127.0.0.1", port: 0 }, handlers);
  if (process.platform === "linux") {
    expect(socket.receiveBufferBytes).toBeGreaterThanOrEqual(212_992);
    expect(socket.sendBufferBytes).toBeGreaterThanOrEqual(212_992);
  }
  socket.close();
});
