import { toBase32 } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const { node } = fixture;
const header = async (path: string, name: string): Promise<string | null> =>
  (await fixture.file(path)).headers.get(name);

test("shown in place unless ?download=true; ?filename= names it", async () => {
  const of = (path: string) => header(path, "content-disposition");
  expect(await of("ascii.txt")).toBe('inline; filename="ascii.txt"');
  expect(await of("ascii.txt?download=true")).toBe('attachment; filename="ascii.txt"');
  const named = await of("ascii.txt?filename=test%D1%82%D0%B5%D1%81%D1%82.tar");
  expect(named).toBe(
    "inline; filename=\"test____.tar\"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.tar",
  );
  expect(await of("ascii.txt?filename=a%0d%0aSet-Cookie:x%22/%5c")).toBe(
    'inline; filename="aSet-Cookie:x"',
  );
});

test("the type: the publisher's word, then the name, then the first bytes", async () => {
  const type = async (mime: string, text: string, query = "") => {
    const id = toBase32(node.add({ mime, bytes: new TextEncoder().encode(text) }).strongId);
    return (await fixture.get(`/file/${id}${query}`)).headers.get("content-type");
  };
  expect(await type("video/x-own", "plain", "?filename=a.html")).toBe("video/x-own");
  expect(await type("", "plain", "?filename=a.css")).toBe("text/css; charset=utf-8");
  expect(await type("", "plain words")).toBe("text/plain; charset=utf-8");
  expect(await type("text/plain", "źł")).toBe("text/plain; charset=utf-8");
  expect(await type("text/plain; charset=iso-8859-2", "x")).toBe("text/plain; charset=iso-8859-2");
  expect(await type("", "<!doctype html><p>")).toBe("text/html");
  expect(await type("text/html\r\nx: y", "\0\0")).toBe("application/octet-stream");
});

test("a type that a publisher made up is sandboxed: browsers may know it", async () => {
  const policy = async (mime: string) => {
    const id = toBase32(node.add({ mime, bytes: new TextEncoder().encode("<x/>") }).strongId);
    return (await fixture.get(`/file/${id}`)).headers.get("content-security-policy");
  };
  for (const mime of ["text/xsl", "made/up"]) expect(await policy(mime)).toBe("sandbox");
  for (const mime of ["text/plain", "video/mp4"]) expect(await policy(mime)).toBeNull();
});

test("the first bytes are not fetched for a HEAD, nor for a range elsewhere", async () => {
  node.isRemote = true;
  node.counts.networkBytes = 0;
  const head = await fixture.file("unnamed", {}, "HEAD");
  expect(head.headers.has("content-type")).toBe(false);
  expect(head.headers.get("content-security-policy")).toBe("sandbox"); // what is unknown
  const range = await fixture.file("unnamed", { range: "bytes=10-12" });
  expect(range.headers.get("content-type")).toBe("application/octet-stream");
  expect((await range.text()).length).toBe(3);
  expect(node.counts.networkBytes).toBe(3);
  expect((await fixture.file("unnamed")).headers.get("content-type")).toContain("text/plain");
  node.isRemote = false;
  const local = await fixture.file("unnamed", {}, "HEAD");
  expect(local.headers.get("content-type")).toContain("text/plain");
});

test("a look at the first bytes holds on to them until the body has its own", async () => {
  const fresh = new GatewayFixture();
  const response = await fresh.file("unnamed");
  expect(fresh.node.counts.readsOpenMax).toBe(2);
  expect(await response.text()).toBe("no extension, plain text\n");
  expect(fresh.node.counts.readsOpen).toBe(0);
});
