import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { writeNoise } from "../support/fixture_files.ts";
import { expect, test } from "../support/harness.ts";
import { runCommand } from "../support/processes.ts";
import { HttpClient } from "./http_client.ts";
import type { OwnTarget } from "./target.ts";

/** A cache's end of purging: remembers what it was told to forget. */
export class PurgeEnd {
  readonly tags = new Set<string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<PurgeEnd> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => body += piece);
      request.on("end", () => {
        for (const tag of JSON.parse(body).tags) end.tags.add(tag);
        response.end();
      });
    });
    const end = new PurgeEnd(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return end;
  }

  get url(): string {
    const address = this.#server.address();
    return typeof address === "object" ? `http://127.0.0.1:${address?.port}/` : "";
  }

  close(): void {
    this.#server.close();
  }
}

/** The denylist of the node that is asked. */
export const denylistIn = (folder: string): string => join(folder, "denylist");

/** G25 of the black-box list. */
export function denylistRows(target: () => OwnTarget, purges: () => PurgeEnd): void {
  test(
    "G25 a denied id is 410 or 451, given to nobody, purged; un-denied it is back",
    async () => {
      const { http, site, node, holder, folder, command } = target();
      const mine = join(folder, "denied.bin");
      writeNoise(mine, 70_000, 31);
      const words = ["publish", mine, "--data", node.dataDir, "--json"];
      const { code, stdout } = await runCommand([...command, ...words]);
      expect(code).toBe(0);
      const { link, meta } = JSON.parse(stdout).items[0];
      const [chunk = "", other = ""] = site.chunks.slice(1);
      const inDenied = `bytes=${2 ** 20}-${2 ** 20 + 9}`; // of big.bin: its second chunk
      const asked: [path: string, range: string][] = [
        [`/file/${link}`, "bytes=0-9"],
        [`/file/${site.link}/ascii.txt`, "bytes=0-9"],
        [`/chunk/${chunk}`, "bytes=0-9"],
        [`/file/${site.link}/big.bin`, inDenied],
        [`/chunk/${other}`, "bytes=0-9"],
      ];
      const statuses = async (): Promise<number[]> => {
        const answers = await Promise.all(asked.map(([path, range]) => http.get(path, { range })));
        return answers.map(({ status }) => status);
      };
      const first = async (): Promise<number> => (await http.get(`/file/${link}`)).status;
      // By one id and then by the other: it remembers for a while what it could not find.
      const atHolder = (id: string) => new HttpClient(holder.gateway).get(`/file/${id}`);
      const before = await http.get(`/chunk/${chunk}`);
      expect(await statuses()).toEqual([206, 206, 206, 206, 206]);

      write(denylistIn(folder), [
        `/file/${link} gateway_status=451`,
        `/file/${site.link}/ascii.txt`,
        `//${createHash("sha256").update(chunk).digest("hex")}`,
      ]);
      await until(async () => await first() === 451);
      expect(await statuses()).toEqual([451, 410, 410, 410, 206]);
      const denied = await http.get(`/chunk/${chunk}`, { "if-none-match": `"${chunk}"` });
      expect([denied.status, denied.headers.get("cache-control")]).toEqual(
        [410, "public, max-age=3600"],
      );
      expect([404, 502]).toContain((await atHolder(meta)).status);
      await until(() => Promise.resolve(purges().tags.size >= 3));
      const tags = (before.headers.get("cache-tag") ?? "").split(",");
      expect(tags.filter((tag) => purges().tags.has(tag)).length).toBe(1);

      write(denylistIn(folder), ["this is no rule"]);
      await until(() => Promise.resolve(node.log().includes("line 1 is no rule")));
      process.kill(node.pid, "SIGHUP"); // told to read it again, it says so again, and goes on
      await until(() => Promise.resolve(node.log().split("line 1 is no rule").length > 2));
      expect(await first()).toBe(451);

      write(denylistIn(folder), []);
      await until(async () => await first() === 200);
      expect(await statuses()).toEqual([206, 206, 206, 206, 206]);
      expect((await atHolder(link)).status).toBe(200);
    },
    { timeout: 60_000 },
  );
}

/** In one step, as a careful program does it. */
function write(path: string, lines: readonly string[]): void {
  writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(""));
  renameSync(`${path}.new`, path);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error("it did not come about within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
