import { createSocket, type Socket } from "node:dgram";

/** Carries the datagrams of one client to a server on this machine, and back, until it is cut. */
export class UdpWire {
  readonly port: number;
  readonly #sockets: readonly Socket[];
  #isCut = false;

  private constructor(port: number, sockets: readonly Socket[]) {
    this.port = port;
    this.#sockets = sockets;
  }

  static async to(server: number): Promise<UdpWire> {
    const front = createSocket("udp4");
    const back = createSocket("udp4");
    for (const socket of [front, back]) {
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    }
    const wire = new UdpWire(front.address().port, [front, back]);
    let client = 0;
    front.on("message", (bytes, from) => {
      client = from.port;
      if (!wire.#isCut) back.send(bytes, server, "127.0.0.1");
    });
    back.on("message", (bytes) => {
      if (!wire.#isCut) front.send(bytes, client, "127.0.0.1");
    });
    return wire;
  }

  /** From now on nothing comes through, and nobody is told. */
  cut(): void {
    this.#isCut = true;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
