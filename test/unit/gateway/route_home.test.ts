import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const { meta, plainMeta } = fixture;

test("the home page says what this is, without script", async () => {
  const response = await fixture.get("/");
  const html = await response.text();
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html.startsWith('<!doctype html><html lang="en">')).toBe(true);
  expect(html).not.toContain("<script");
  expect(html).toContain('<form action="/open" method="get">');
  expect(html).toContain('<label for="link">');
  expect(html).toContain(fixture.node.info.publicKeyText);
  expect(html).not.toContain("127.0.0.1:4000"); // who looks need not learn where else to knock
  fixture.node.isReady = { ready: false, reason: "not_bootstrapped" };
  expect(await (await fixture.get("/")).text()).toContain("not connected to the network yet");
});

test("the box opens an id, a path or a link of any gateway", async () => {
  const open = async (link: string): Promise<string | null> => {
    const response = await fixture.get(`/open?link=${encodeURIComponent(link)}`);
    return response.status === 303 ? response.headers.get("location") : String(response.status);
  };
  expect(await open(` ${meta.toUpperCase()} `)).toBe(`/file/${meta}`);
  expect(await open(plainMeta)).toBe(`/file/${plainMeta}`);
  expect(await open(`https://gw.example/file/${meta}/a b/ą%20.txt?x#y`)).toBe(
    `/file/${meta}/a%20b/%C4%85%20.txt`,
  );
  expect(await open(`/chunk/${plainMeta}`)).toBe(`/chunk/${plainMeta}`);
  for (const bad of ["", "x", "https://gw.example/", `/chunk/${meta}`, "//evil.example/file"]) {
    expect(await open(bad)).toBe("400");
  }
});

test("crawlers are asked to stay away", async () => {
  expect(await (await fixture.get("/robots.txt")).text()).toContain("Disallow: /");
});
