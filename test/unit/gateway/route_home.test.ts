import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const { meta, plainMeta } = fixture;

test("the home page says what this is and whom it serves, small and without script", async () => {
  const response = await fixture.get("/");
  const html = await response.text();
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html.startsWith('<!doctype html><html lang="en">')).toBe(true);
  expect(html).not.toContain("<script");
  expect(html).toContain('<form action="/open" method="get">');
  expect(html).toContain('<label for="link">');
  expect(html).toContain(fixture.node.info.publicKeyText);
  expect(html).toContain("whatever any node of its network holds");
  expect(html).not.toContain("127.0.0.1:4000"); // who looks need not learn where else to knock
  expect(Number(response.headers.get("content-length"))).toBeLessThan(5000);
  const own = new GatewayFixture({ serve: { kind: "own" } });
  expect(await (await own.get("/")).text()).toContain("only what was published on this node");
  fixture.node.isReady = { ready: false, reason: "not_bootstrapped" };
  expect(await (await fixture.get("/")).text()).toContain("not connected to the network yet");
});

test("who runs it can be reached, where he says how", async () => {
  for (
    const [contact, href] of [
      ["abuse@gw.example", "mailto:abuse@gw.example"],
      ["https://gw.example/a?b=1&c@d", "https://gw.example/a?b=1&amp;c@d"],
    ] as const
  ) {
    const html = await (await new GatewayFixture({ contact }).get("/")).text();
    expect(html).toContain(`<dt>Contact</dt><dd><a href="${href}">`);
  }
  expect(await (await fixture.get("/")).text()).not.toContain("Contact");
});

test("the box opens what was typed", async () => {
  for (const id of [meta, plainMeta]) {
    const response = await fixture.get(`/open?link=${id}`);
    expect([response.status, response.headers.get("location")]).toEqual([303, `/file/${id}`]);
  }
});

test("what leads nowhere comes back with one sentence, escaped, for a person to mend", async () => {
  const typed = '"><script>alert(1)</script>';
  const link = encodeURIComponent(typed);
  const response = await fixture.get(`/open?link=${link}`, { headers: { accept: "text/html" } });
  const html = await response.text();
  expect([response.status, response.headers.get("cache-control")]).toEqual([400, "no-store"]);
  expect(html).not.toContain("<script");
  expect(html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  expect(html).toMatch(/role="alert">[^<]* is not a link or an id: [^<.]*\.</);
  const empty = await fixture.get("/open", { headers: { accept: "text/html" } });
  expect(await empty.text()).toContain("Nothing was typed");
});

test("programs get the sentence as a problem", async () => {
  const response = await fixture.get("/open?link=x", { headers: { accept: "*/*" } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: "INVALID_ID",
    detail: expect.stringContaining('"x" is not a link or an id'),
  });
});

test("the box may lead anywhere: redirects behind it reach other origins", async () => {
  const headers = { accept: "text/html" };
  for (const path of ["/", "/open?link=x"]) {
    const policy = (await fixture.get(path, { headers })).headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(policy).not.toContain("form-action");
  }
  const elsewhere = await fixture.get("/nothing", { headers });
  expect(elsewhere.headers.get("content-security-policy")).toContain("form-action 'self'");
});

test("crawlers are asked to stay away", async () => {
  expect(await (await fixture.get("/robots.txt")).text()).toContain("Disallow: /");
});
