import { join } from "node:path";
import { expect, test } from "../support/harness.ts";
import { startNode } from "../support/processes.ts";
import type { HttpClient } from "./http_client.ts";
import { noiseFile, publish, spoilChunk, until } from "./both_ends.ts";
import type { OwnTarget } from "./target.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 120_000 };
/** Of network dev, whose loopback clients have no limit; only X-Forwarded-For makes one of them. */
const STRANGER = { "x-forwarded-for": "203.0.113.7" };
export const PROXY = "127.0.0.2";

/** G16 of the black-box list.
 * @param more - other clients of the same node, asked after the first. */
export function cutRow(
  target: () => OwnTarget,
  more: () => readonly HttpClient[] = () => [],
): void {
  test("G16 a range needs only its own chunks; a whole that breaks off is cut", async () => {
    const { http, node, folder } = target();
    const [file, bytes] = noiseFile(folder, "holes", 6 * MIB, 16);
    const liar = await startNode({
      name: "liar",
      dataDir: join(folder, "liar"),
      bootstrap: [node.uri],
    });
    try {
      const link = await publish(target(), liar, file);
      for (const index of [1, 4]) spoilChunk(liar, bytes.subarray(index * MIB, (index + 1) * MIB));
      const [from, to] = [2 * MIB + 17, 4 * MIB - 5];
      for (const client of [http, ...more()]) {
        const part = await client.get(`/file/${link}`, { range: `bytes=${from}-${to - 1}` });
        expect([part.status, part.isWhole]).toEqual([206, true]);
        expect(Buffer.compare(part.body, bytes.subarray(from, to))).toBe(0);
      }
      for (const client of [http, ...more()]) {
        const whole = await client.get(`/file/${link}`);
        expect(whole.headers.get("content-length")).toBe(String(6 * MIB));
        expect([whole.status, whole.isWhole, whole.ending]).toEqual([200, false, "reset"]);
        expect(Buffer.compare(whole.body, bytes.subarray(0, whole.body.length))).toBe(0);
      }
    } finally {
      await liar.kill();
    }
  }, SLOW);
}

/** G24 of the black-box list: connections of HTTP/1.1 that take nothing. */
export function slowRow(target: () => OwnTarget): void {
  test("G24 one more slow request than allowed is 429, and the others end", async () => {
    const { http, holder, folder } = target();
    const [file] = noiseFile(folder, "slow", 16 * MIB, 25);
    const link = await publish(target(), holder, file);
    expect((await http.get(`/file/${link}`)).body.length).toBe(16 * MIB);
    const ask = { headers: STRANGER, from: PROXY };
    const slow = await Promise.all(Array.from({ length: 32 }, async () => {
      const socket = await http.open(PROXY);
      socket.pause();
      socket.write(
        `GET /file/${link} HTTP/1.1\r\nHost: ${http.host}\r\nConnection: close\r\n` +
          `X-Forwarded-For: ${STRANGER["x-forwarded-for"]}\r\n\r\n`,
      );
      return socket;
    }));
    await until(async () => (await http.ask("/", ask)).status === 429);
    const refused = await http.ask(`/file/${link}`, ask);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(
      (await http.ask("/", { from: PROXY, headers: { "x-forwarded-for": "203.0.113.8" } })).status,
    )
      .toBe(200);
    const sizes = await Promise.all(slow.map((socket) =>
      new Promise<number>((resolve) => {
        let bytes = 0;
        socket.on("data", (piece) => bytes += piece.length);
        socket.on("close", () => resolve(bytes));
        socket.resume();
      })
    ));
    expect(Math.min(...sizes)).toBeGreaterThan(16 * MIB);
    await until(async () => (await http.ask("/", ask)).status === 200);
  }, SLOW);
}
