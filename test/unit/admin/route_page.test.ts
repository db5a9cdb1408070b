import { AdminFixture, TOKEN } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const BASIC = { authorization: `Basic ${btoa(`:${TOKEN}`)}` };

async function pageOf(fixture: AdminFixture): Promise<{ html: string; key: string }> {
  const html = await (await fixture.bare("/", { headers: BASIC })).text();
  return { html, key: /data-key="([0-9a-f]{64})"/.exec(html)?.[1] ?? "" };
}

test("the page shows the node, escaped, and is whole without its script", async () => {
  const { html } = await pageOf(new AdminFixture());
  expect(html).toContain(new AdminFixture().node.info.uri);
  expect(html).toContain("Peers (1)");
  expect(html).toContain('<circle class="peer"');
  expect(html).toContain("<noscript>");
  expect(html).toContain('<div id="scripted" hidden="">');
  expect(html).not.toContain(TOKEN);
});

test("the page runs its own files and nothing that stands in it", async () => {
  const fixture = new AdminFixture();
  const response = await fixture.bare("/", { headers: BASIC });
  const policy = response.headers.get("content-security-policy");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain("unsafe");
  const html = await response.text();
  expect(html.match(/<script/g)?.length).toBe(html.match(/<script src="\/[a-z.]+"/g)?.length);
  expect(html).not.toMatch(/ on[a-z]+=| style=/);
  for (const [, path = ""] of html.matchAll(/(?:src|stylesheet" href)="([^"]+)"/g)) {
    expect((await fixture.bare(path, { headers: BASIC })).status).toBe(200);
    expect((await fixture.bare(path)).status).toBe(401);
  }
});

test("the page's key opens what its script does, and not a byte more", async () => {
  const fixture = new AdminFixture();
  const { key } = await pageOf(fixture);
  const ask = (path: string, init: RequestInit = {}, type = "application/octet-stream") =>
    fixture.bare(path, {
      ...init,
      headers: {
        authorization: `Bearer ${key}`,
        ...(init.method === "POST" ? { "content-type": type, "x-skerry-admin": "1" } : {}),
      },
    });
  const live = await ask("/v1/live");
  expect(await live.json()).toMatchObject({
    sentBytes: 10,
    receivedBytes: 20,
    quotaBytes: 2,
    roomBytes: 2,
  });
  const upload = await ask("/v1/publish?name=a.txt", { method: "POST", body: "hello" });
  expect(await upload.text()).toContain('"kind":"done"');
  const path = { method: "POST", body: '{"path":"/etc/passwd"}' };
  for (const type of ["application/json", "application/json; a=application/octet-stream"]) {
    expect((await ask("/v1/publish?name=a", path, type)).status).toBe(401);
  }
  expect(fixture.node.published.length).toBe(1);
  const others = [
    "/",
    "/v1/status",
    "/v1/peers",
    "/v1/store",
    "/metrics",
    `/v1/get/${fixture.meta}`,
  ];
  for (const other of others) expect((await ask(other)).status).toBe(401);
  expect((await ask("/v1/value", { method: "POST", body: "{}" })).status).toBe(401);
});

test("the key of one process opens no other, and is new each time", async () => {
  const [one, other] = [new AdminFixture(), new AdminFixture()];
  const { key } = await pageOf(one);
  expect(key).not.toBe((await pageOf(other)).key);
  const headers = { authorization: `Bearer ${key}` };
  expect((await other.bare("/v1/live", { headers })).status).toBe(401);
});

test("an upload still needs what no foreign page can send", async () => {
  const fixture = new AdminFixture();
  const { key } = await pageOf(fixture);
  const good = {
    authorization: `Bearer ${key}`,
    "content-type": "application/octet-stream",
    "x-skerry-admin": "1",
  };
  const post = async (headers: Record<string, string>) =>
    (await fixture.bare("/v1/publish?name=a", { method: "POST", body: "x", headers })).status;
  expect(await post({ ...good, origin: "http://evil.example" })).toBe(403);
  expect(await post({ ...good, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await post({ ...good, host: "evil.example:4321" })).toBe(421);
  expect(await post({ ...good, "x-skerry-admin": "" })).toBe(403);
  expect(fixture.node.published.length).toBe(0);
});

test("the live parts are those of the page", async () => {
  const fixture = new AdminFixture();
  const { html, key } = await pageOf(fixture);
  const response = await fixture.bare("/v1/live", { headers: { authorization: `Bearer ${key}` } });
  const { now, tables } = await response.json();
  expect(html).toContain(now);
  expect(html).toContain(tables);
});
