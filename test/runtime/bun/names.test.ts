/** A site under a name, in real processes: published, found through another node, replaced, forged
 * and run out. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseKey32 } from "../../../src/lib/mod.ts";
import { mutableKey } from "../../../src/records/mod.ts";
import { openBunSocket } from "../../../src/runtime/bun/udp.ts";
import { PUT_CODE } from "../../../src/wire/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { MessageClient } from "../../support/message_client.ts";
import {
  type CommandResult,
  type NodeProcess,
  scratch,
  skerry,
  startNode,
} from "../../support/processes.ts";

const SLOW = { timeout: 60_000 };
const TTL_S = 2, LIFETIME_S = 12;

const json = (result: CommandResult) => {
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return JSON.parse(result.stdout);
};

describe("a site under a name", () => {
  const folder = scratch("names");
  const nodes: NodeProcess[] = [];
  let key = "";

  const node = (index: number): NodeProcess => {
    const found = nodes[index];
    if (found === undefined) throw new Error(`no node ${index}`);
    return found;
  };
  const publish = async (text: string): Promise<string> => {
    const site = join(folder.path, text);
    mkdirSync(site, { recursive: true });
    writeFileSync(join(site, "index.html"), `<p>${text}`);
    return json(await skerry(node(0).dataDir, "publish", site, "--json")).items[0].link;
  };
  const put = async (link: string) =>
    json(
      await skerry(
        ...[node(0).dataDir, "put-value", link, "--ttl", `${TTL_S}`],
        ...["--lifetime", `${LIFETIME_S}`, "--json"],
      ),
    );
  const get = (at: number) => fetch(`${node(at).gateway}/name/${key}/`, { redirect: "manual" });
  /** Asks until the answer suits, for at most 20 s. */
  const until = async (at: number, suits: (text: string, response: Response) => boolean) => {
    for (const end = Date.now() + 20_000;;) {
      const response = await get(at);
      const text = await response.text();
      if (suits(text, response)) return { text, response };
      if (Date.now() > end) throw new Error(`still ${response.status} ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  beforeAll(async () => {
    for (const name of ["owner", "b", "c", "d"]) {
      const bootstrap = nodes.slice(0, 1).map(({ uri }) => uri);
      nodes.push(await startNode({ name, dataDir: join(folder.path, name), bootstrap }));
    }
  }, SLOW);
  afterAll(async () => {
    await Promise.all(nodes.map((one) => one.kill()));
    folder.remove();
  });

  test("v1 is found through another node, with what is left of its ttl", async () => {
    const put1 = await put(await publish("v1"));
    key = put1.publicKey;
    expect(put1).toMatchObject({ seq: "1", url: `${node(0).gateway}/name/${key}/` });
    const { text, response } = await until(2, (body) => body.includes("v1"));
    expect(text).toBe("<p>v1");
    const maxAge = /^public, max-age=([0-9]+)$/.exec(response.headers.get("cache-control") ?? "");
    expect(Number(maxAge?.[1])).toBeLessThanOrEqual(TTL_S);
    const told = json(await skerry(node(2).dataDir, "get-value", key, "--json"));
    expect(told).toMatchObject({ publicKey: key, seq: "1" });
  }, SLOW);

  test("v2 is shown once the ttl has passed", async () => {
    expect(await put(await publish("v2"))).toMatchObject({ seq: "2" });
    await until(2, (body) => body.includes("v2"));
    await until(3, (body) => body.includes("v2"));
  }, SLOW);

  test("a forged value and a replayed one are refused, and nobody sees them", async () => {
    const stranger = await MessageClient.open(openBunSocket);
    const id = mutableKey(parseKey32(key) ?? new Uint8Array(), new Uint8Array());
    const ask = { type: "GET_RECORD", requestId: 0, key: id, minSeq: undefined } as const;
    const told = await stranger.ask(node(1).uri, ask);
    if (told.type !== "RECORD") throw new Error(told.type);
    expect(told.seq).toBe(2n);
    const forged = new Uint8Array(told.record);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    for (const { uri } of nodes) {
      const record = { type: "PUT_RECORD", requestId: 0, record: forged, cas: undefined } as const;
      expect(await stranger.ask(uri, record)).toMatchObject({ code: PUT_CODE.bad_record });
    }
    stranger.close();
    await put(await publish("v3"));
    const again = await MessageClient.open(openBunSocket, { seed: 98 });
    for (const { uri } of nodes.slice(1)) {
      const old = {
        type: "PUT_RECORD",
        requestId: 0,
        record: told.record,
        cas: undefined,
      } as const;
      expect(await again.ask(uri, old)).toMatchObject({ code: PUT_CODE.seq_too_low, seq: 3n });
    }
    again.close();
    await until(1, (body) => body.includes("v3"));
  }, SLOW);

  test("a value whose owner is gone runs out: 503 and when to try again", async () => {
    await node(0).kill();
    const { response } = await until(2, (_body, { status }) => status === 503);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const told = await skerry(node(2).dataDir, "get-value", key);
    expect(told.code).toBe(3);
    expect(told.stderr).toContain("ran out at");
  }, SLOW);
});
