/** The other DHTs, as npm has put them into the folder that this runs in, and their datagrams. */
import dgram from "node:dgram";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import process from "node:process";

const require = createRequire(`${process.cwd()}/`);

export const testnet = (size) => require("hyperdht/testnet.js")(size);
export const HyperDht = () => require("hyperdht");

export async function BittorrentDht() {
  const path = `${process.cwd()}/node_modules/bittorrent-dht/index.js`;
  return (await import(pathToFileURL(path).href)).Client;
}

/** @returns a count that goes on, of these nodes of hyperdht. */
export function countHyperdht(nodes) {
  const count = { sent: 0, received: 0 };
  for (const { io } of nodes) {
    for (const socket of [io.clientSocket, io.serverSocket]) {
      const { trySend } = socket; // udx-native counts its streams' packets only
      socket.trySend = (...args) => {
        count.sent++;
        return trySend.apply(socket, args);
      };
      socket.on("message", () => count.received++);
    }
  }
  return count;
}

/** @returns a count that goes on, of every socket of node:dgram in this process. */
export function countDgram() {
  const count = { sent: 0, received: 0 };
  const { send, emit } = dgram.Socket.prototype;
  dgram.Socket.prototype.send = function (...args) {
    count.sent++;
    return send.apply(this, args);
  };
  dgram.Socket.prototype.emit = function (event, ...args) {
    if (event === "message") count.received++;
    return emit.call(this, event, ...args);
  };
  return count;
}
