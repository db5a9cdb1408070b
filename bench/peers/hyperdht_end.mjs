/** One end of a hyperdht transfer, under Node: its native part aborts Bun. Run by hyperdht.ts from
 * the folder where hyperdht is installed.
 * serve BYTES WARM_UP: prints "PORT KEY", then serves; fetch BYTES WARM_UP PORT KEY: prints MB/s. */
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(`${process.cwd()}/`);
const DHT = require("hyperdht");
const createTestnet = require("hyperdht/testnet.js");
const [role, bytes, warmUp, port, key] = process.argv.slice(2);
const total = Number(bytes) + Number(warmUp);
process.stdin.on("end", () => process.exit(1)).resume(); // whoever started this has gone

if (role === "serve") {
  const testnet = await createTestnet(3);
  const block = Buffer.alloc(65_536, 7);
  const server = testnet.createNode().createServer((socket) => {
    let left = total;
    const more = () => {
      while (left > 0) {
        left -= block.length;
        if (!socket.write(block)) return;
      }
    };
    socket.on("drain", more).on("error", () => process.exit(0)).on("close", () => process.exit(0));
    more();
  });
  const keyPair = DHT.keyPair();
  await server.listen(keyPair);
  console.log(`${testnet.bootstrap[0].port} ${keyPair.publicKey.toString("hex")}`);
} else {
  const dht = new DHT({ bootstrap: [{ host: "127.0.0.1", port: Number(port) }] });
  const socket = dht.connect(Buffer.from(key, "hex"));
  let received = 0;
  let start = 0;
  socket.on("data", (data) => {
    received += data.length;
    if (start === 0 && received >= Number(warmUp)) start = performance.now();
    if (received < total) return;
    console.log(Number(bytes) / 1_000 / (performance.now() - start));
    process.exit(0);
  });
  socket.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
}
