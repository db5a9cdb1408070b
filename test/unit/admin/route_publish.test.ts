import { SkerryError } from "../../../src/lib/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const JSON_TYPE = { "content-type": "application/json" };
const FILE_TYPE = { "content-type": "application/octet-stream" };

const publish = (fixture: AdminFixture, query: string, headers: HeadersInit, body?: BodyInit) =>
  fixture.ask(`/v1/publish${query}`, {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body }),
  });

async function linesOf(response: Response): Promise<Record<string, unknown>[]> {
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

test("a path is published, with progress before the outcome", async () => {
  const fixture = new AdminFixture();
  const body = JSON.stringify({ path: "/srv/site", wait: 2 });
  const lines = await linesOf(await publish(fixture, "", JSON_TYPE, body));
  expect(lines[0]).toMatchObject({ kind: "progress", path: "/srv/site", totalBytes: 5 });
  expect(lines.at(-1)).toMatchObject({ kind: "done", link: "a".repeat(52), holders: 1 });
  expect(fixture.node.published[0]).toMatchObject({ path: "/srv/site", waitHolders: 2 });
});

test("hosts may be ordered with a path, within bounds", async () => {
  const fixture = new AdminFixture();
  const hosting = { hosts: 3, weeks: 4, budgetCb: "5000000" };
  const body = (change: object) =>
    JSON.stringify({ path: "/srv/site", hosting: { ...hosting, ...change } });
  await linesOf(await publish(fixture, "", JSON_TYPE, body({})));
  const expected = { hosts: 3, weeks: 4, budgetCb: 5_000_000n };
  expect(fixture.node.published[0]).toMatchObject({ hosting: expected });
  for (const change of [{ hosts: 17 }, { weeks: 0 }, { budgetCb: "0" }, { budgetCb: 5 }]) {
    expect((await publish(fixture, "", JSON_TYPE, body(change))).status).toBe(400);
  }
});

test("a body is published as a file", async () => {
  const fixture = new AdminFixture();
  const query = "?name=note.txt&mime=text/plain&wait=0";
  const lines = await linesOf(await publish(fixture, query, FILE_TYPE, "hello"));
  expect(lines.at(-1)).toMatchObject({ kind: "done" });
  const [published] = fixture.node.published;
  expect(published).toMatchObject({ path: "note.txt", mime: "text/plain", waitHolders: 0 });
  expect(new TextDecoder().decode(published?.bytes)).toBe("hello");
});

test("a body that announces more than all of the store is refused before it is read", async () => {
  const fixture = new AdminFixture();
  fixture.node.quotaBytes = 2 ** 30;
  const announced = (bytes: number) =>
    publish(fixture, "?name=a.iso", { ...FILE_TYPE, "content-length": String(bytes) }, "hello");
  const refused = await announced(2 ** 40);
  expect(refused.status).toBe(507);
  expect(await refused.json()).toMatchObject({
    code: "STORE_FULL",
    detail: expect.stringMatching(/^"a.iso" has 1.00 TiB, the whole store room for 1.00 GiB: /),
  });
  expect(fixture.node.published).toEqual([]);
  expect((await linesOf(await announced(2 ** 30))).at(-1)).toMatchObject({ kind: "done" });
  expect(fixture.node.published[0]?.announcedBytes).toBe(2 ** 30);
});

test("a failure is the last line", async () => {
  const fixture = new AdminFixture();
  const body = JSON.stringify({ path: "/srv/site" });
  fixture.node.publishFault = new SkerryError("STORE_FULL", "the quota of 1 GiB is reached");
  const lines = await linesOf(await publish(fixture, "", JSON_TYPE, body));
  expect(lines.at(-1)).toEqual({
    kind: "error",
    code: "STORE_FULL",
    detail: "the quota of 1 GiB is reached",
  });
});

test("a request that is wrong in itself is refused at once", async () => {
  const fixture = new AdminFixture();
  const bad: [string, Record<string, string>, string][] = [
    ["", JSON_TYPE, "{"],
    ["", JSON_TYPE, "null"],
    ["", JSON_TYPE, '{"path":"relative"}'],
    ["", JSON_TYPE, '{"path":"/a","wait":-1}'],
    ["", JSON_TYPE, '{"path":"/a","wait":"1"}'],
    ["", JSON_TYPE, JSON.stringify({ path: `/${"a".repeat(70_000)}` })],
    ["", FILE_TYPE, "x"],
    ["?name=a&wait=x", FILE_TYPE, "x"],
  ];
  for (const [query, headers, body] of bad) {
    expect((await publish(fixture, query, headers, body)).status).toBe(400);
  }
  expect(fixture.node.published).toEqual([]);
});

test("a client that goes away stops the publication", async () => {
  const fixture = new AdminFixture();
  let signal: AbortSignal | undefined;
  fixture.node.publishPath = (_, options = {}) => {
    signal = options.signal;
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(new SkerryError("CANCELLED", "gone")))
    );
  };
  const response = await publish(fixture, "", JSON_TYPE, '{"path":"/a"}');
  await response.body?.cancel();
  expect(signal?.aborted).toBe(true);

  const client = new AbortController();
  const second = await fixture.ask("/v1/publish", {
    method: "POST",
    headers: JSON_TYPE,
    body: '{"path":"/a"}',
    signal: client.signal,
  });
  client.abort();
  expect((await linesOf(second)).at(-1)).toMatchObject({ kind: "error", code: "CANCELLED" });
});

test("progress that comes faster than it is taken is told ten times a second", async () => {
  const fixture = new AdminFixture();
  fixture.node.publishPath = async (path, options = {}) => {
    for (let doneBytes = 0; doneBytes < 60; doneBytes++) {
      options.onProgress?.({ phase: "hashing", doneBytes, totalBytes: 60, path });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error("out of luck");
  };
  const lines = await linesOf(await publish(fixture, "", JSON_TYPE, '{"path":"/a"}'));
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.length).toBeLessThan(12);
  expect(lines.at(-1)).toMatchObject({ kind: "error", code: "INTERNAL" });
  expect(fixture.faults.length).toBe(1);
});
