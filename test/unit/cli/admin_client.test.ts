import { AdminClient, connectAdmin, errorFrom } from "../../../src/cli/admin_client.ts";
import type { SkerryError } from "../../../src/lib/mod.ts";
import { FakeAdmin, problem, RUNNING } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { MemoryDisk } from "../../support/memory_disk.ts";

const failure = (deed: Promise<unknown>): Promise<SkerryError> =>
  deed.then(() => {
    throw new Error("it did not reject");
  }, (error: unknown) => error as SkerryError);

async function connected() {
  const files = new MemoryDisk();
  const admin = new FakeAdmin();
  const fetch = admin.install(files);
  return { admin, client: await connectAdmin("/d", { files, fetch }) };
}

describe("AdminClient", () => {
  test("bears the token, and the header that a write needs", async () => {
    const { admin, client } = await connected();
    admin.json("/v1/status", { role: "user" });
    expect(await client.getJson<{ role: string }>("/v1/status")).toEqual({ role: "user" });
    admin.answers.set(
      "/v1/publish",
      (request) => new Response(request.headers.get("content-type")),
    );
    const options = { method: "POST", json: { path: "/x" } } as const;
    const response = await client.request("/v1/publish", options);
    expect(await response.text()).toBe("application/json");
  });

  test("no node.json, nobody there and a stranger there are all no running node", async () => {
    const files = new MemoryDisk();
    const refuse = () => Promise.reject(new TypeError("connection refused"));
    const none = await failure(connectAdmin("/d", { files, fetch: refuse }));
    expect(none.code).toBe("NO_RUNNING_NODE");
    expect(none.message).toContain("skerry run");
    const dead = await failure(new AdminClient(RUNNING, "/d", refuse).getJson("/v1/status"));
    expect(dead.code).toBe("NO_RUNNING_NODE");
    expect(dead.message).toContain("pid 9");
    const stranger = new FakeAdmin().install(files);
    const other = { ...RUNNING, adminToken: "u".repeat(64) };
    const wrong = await failure(new AdminClient(other, "/d", stranger).getJson("/v1/status"));
    expect(wrong.code).toBe("NO_RUNNING_NODE");
    expect(wrong.message).toContain("token");
  });

  test("a problem body becomes the error that the node had", async () => {
    const { admin, client } = await connected();
    admin.answers.set("/v1/x", () => problem(504, "FETCH_TIMED_OUT", "Too slow"));
    const slow = await failure(client.getJson("/v1/x"));
    expect([slow.code, slow.message]).toEqual(["FETCH_TIMED_OUT", "Too slow"]);
    admin.answers.set("/v1/y", () => new Response("<html>", { status: 500 }));
    expect((await failure(client.getJson("/v1/y"))).message).toContain("status 500");
    admin.answers.set("/v1/z", () => new Response("{"));
    expect((await failure(client.getJson("/v1/z"))).code).toBe("DRAINING");
  });

  test("an interrupt is told from a failure", async () => {
    const stop = AbortSignal.abort();
    const aborting = () => Promise.reject(new DOMException("aborted", "AbortError"));
    const client = new AdminClient(RUNNING, "/d", aborting);
    expect((await failure(client.getJson("/v1/status", stop))).code).toBe("CANCELLED");
  });
});

test("errorFrom() takes known codes with a sentence only", () => {
  expect(errorFrom({ code: "STORE_FULL", detail: "full" })?.message).toBe("full");
  expect(errorFrom({ code: "STORE_FULL", message: "full" })?.code).toBe("STORE_FULL");
  for (const value of [undefined, null, 3, {}, { code: "NEW" }, { code: "STORE_FULL" }]) {
    expect(errorFrom(value)).toBeUndefined();
  }
});
