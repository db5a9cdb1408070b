/** How fast a file that is held here leaves through the gateway: the real routes, streaming body
 * and HTTP server, one curl as the client, and a node that makes fresh pieces of memory as a
 * store's reads do. Part `stream` of `make bench-gateway`.
 *
 * The ways to send a streamed body, 512 MiB from one buffer to one raw client on 2 cores, MB/s at
 * 64 KiB / 256 KiB / 1 MiB pieces (two runs each; ADR 0021 says why node:http was taken):
 *
 *   Bun.serve, pull ReadableStream            3,214-5,699 / 3,875-5,033 / 4,748-5,290, chunked
 *   Bun.serve, type "bytes"                   2,310-3,951 / 2,917-3,128 / 3,640-3,943, chunked
 *   Bun.serve, async iterable                 3,946-4,859 / 3,784-7,907 / 4,769-4,941, chunked
 *   Bun.serve, type "direct"                  2,785-5,150 / 3,714-9,772 / 4,546-4,923, chunked
 *   node:http on Bun, write and drain         2,289-2,608 / 3,745-3,914 / 4,437-4,585
 *   node:http on Deno, write and drain        4,018-4,089 / 3,083-4,877 / 3,768-4,171
 *   Deno.serve, pull ReadableStream           2,710-3,121 / 4,088-6,056 / 5,628-6,223
 *   Bun.listen, bare TCP                      3,271-3,945 / 6,357-7,492 / 4,652-5,218
 *
 * All keep back-pressure and all cut the connection on an error; only Content-Length, deadlines and
 * raw header fields tell them apart. Any of them is far above what hashing or the disk allows. */
import process from "node:process";
import { usePrimitives } from "../src/crypto/mod.ts";
import { createGateway } from "../src/gateway/mod.ts";
import { toBase32 } from "../src/lib/mod.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { serveHttp } from "../src/runtime/shared/http_server.ts";
import { curl } from "../test/support/curl.ts";
import { FakeNode } from "../test/support/fake_node.ts";
import { report } from "./report.ts";

const RUNS = 9;
const MIB = 2 ** 20;
const PIECES = [64 * 1024, 256 * 1024, MIB];

/** Reports speed and time to the first byte by length of piece. */
export async function stream(): Promise<void> {
  usePrimitives(nativePrimitives);
  const node = new FakeNode();
  const gateway = createGateway(node);
  const server = await serveHttp(
    { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 },
    (request, info) => gateway.fetch(request, info),
  );
  const base = `http://127.0.0.1:${server.localAddress.port}/file`;
  const measure = async (name: string, size: number, pieceBytes: number): Promise<void> => {
    const url = `${base}/${toBase32(node.addVirtual(size, pieceBytes).strongId)}`;
    const speeds: number[] = [];
    const firsts: number[] = [];
    await curl(url, "/dev/null");
    for (let run = 0; run < RUNS; run++) {
      const { megabytesPerSecond, firstByteMs, bytes } = await curl(url, "/dev/null");
      if (bytes !== size) throw new Error(`${bytes} bytes instead of ${size}`);
      speeds.push(megabytesPerSecond);
      firsts.push(firstByteMs);
    }
    report(`gateway.${name}_mb_s`, "MB/s", speeds);
    report(`gateway.${name}_ttfb_ms`, "ms", firsts);
  };
  for (const pieceBytes of PIECES) {
    await measure(`stream_64mib_${pieceBytes / 1024}k`, 64 * MIB, pieceBytes);
  }
  await measure("stream_1gib_1024k", 1024 * MIB, MIB);
  report("gateway.rss_after_mb", "MB", [process.memoryUsage.rss() / 1e6]);
  await server.stop(0);
}
