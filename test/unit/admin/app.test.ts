import { SkerryError } from "../../../src/lib/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const PATHS = [
  "/",
  "/page.js",
  "/v1/live",
  "/v1/status",
  "/v1/peers",
  "/v1/store",
  "/v1/ledger",
  "/v1/ledger/x",
  "/v1/get/x",
  "/v1/trace/x",
  "/metrics",
];

test("no route opens without the token, not even to tell that it is there", async () => {
  const fixture = new AdminFixture();
  for (const path of [...PATHS, "/v1/publish", "/nothing"]) {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      const response = await fixture.bare(path, { method });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(
        path === "/" || path === "/page.js" ? /^Basic/ : /^Bearer$/,
      );
    }
  }
  expect(fixture.node.counts.lookups).toBe(0);
});

test("nothing is cached, framed, or readable for other sites", async () => {
  const fixture = new AdminFixture();
  for (const path of PATHS) {
    const { headers } = await fixture.ask(path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.has("access-control-allow-origin")).toBe(false);
    expect(headers.has("set-cookie")).toBe(false);
  }
});

test("the tables come as JSON", async () => {
  const fixture = new AdminFixture();
  const json = async (path: string) => (await fixture.ask(path)).json();
  expect(await json("/v1/status")).toMatchObject({ role: "super", store: { quotaBytes: 2 } });
  expect((await json("/v1/peers")).peers[0].address).toBe("127.0.0.1:5000");
  expect((await json("/v1/store?limit=2")).entries.length).toBe(2);
  fixture.node.storeEarners = () => {
    throw new SkerryError("REFUSED", "It sells nothing");
  };
  const refused = await fixture.ask("/v1/store?by=revenue");
  expect([refused.status, (await refused.json()).code]).toEqual([503, "REFUSED"]);
  fixture.node.storeEarners = ((limit: number) => [{ id: `of ${limit}` }]) as never;
  expect((await json("/v1/store?by=revenue&limit=2")).entries).toEqual([{ id: "of 2" }]);
  expect((await fixture.ask("/v1/store?by=luck")).status).toBe(400);
  const bad = await fixture.ask("/v1/store?limit=0");
  expect([bad.status, (await bad.json()).detail]).toEqual([
    400,
    '?limit= takes an integer from 1 to 10000, not "0".',
  ]);
});

test("a trace takes either id", async () => {
  const fixture = new AdminFixture();
  for (const id of ["0123456789abcdef0123456789abcdef01234567", fixture.meta]) {
    expect(await (await fixture.ask(`/v1/trace/${id}`)).json()).toMatchObject({ found: true });
  }
  const bad = await fixture.ask("/v1/trace/xyz");
  expect([bad.status, (await bad.json()).code]).toEqual([400, "INVALID_ID"]);
});

test("metrics of all faces come as one text", async () => {
  const response = await new AdminFixture().ask("/metrics");
  expect(response.headers.get("content-type")).toContain("version=0.0.4");
  expect(await response.text()).toBe("# TYPE skerry_up gauge\nskerry_up 1\nmore 1\n");
});

test("failures have their code and sentence; unknown ones are logged", async () => {
  const fixture = new AdminFixture();
  fixture.node.fault = new SkerryError("HOLDERS_FAILED", "3 holders, all failed");
  const known = await fixture.ask(`/v1/get/${fixture.meta}/ascii.txt`);
  expect(await known.json()).toEqual({
    status: 502,
    code: "HOLDERS_FAILED",
    detail: "3 holders, all failed",
  });
  fixture.node.fault = new TypeError("x is undefined");
  expect((await fixture.ask(`/v1/get/${fixture.meta}`)).status).toBe(500);
  expect(fixture.faults.length).toBe(1);
  expect((await fixture.ask("/v1/nothing")).status).toBe(404);
  const put = await fixture.ask("/v1/status", { method: "PUT" });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
});

test("/v1/ledger lists accounts, and answers for one peer by either form of its key", async () => {
  const fixture = new AdminFixture();
  expect(await (await fixture.ask("/v1/ledger")).json()).toEqual({ entries: [] });
  for (const key of ["ab".repeat(32), "a".repeat(52)]) {
    const answer = await fixture.ask(`/v1/ledger/${key}`);
    expect([answer.status, (await answer.json()).code]).toEqual([400, "INVALID_ID"]);
  }
  expect((await fixture.ask("/v1/ledger/nobody")).status).toBe(400);
});
