import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const status = async (init: RequestInit, path = "/", target?: string): Promise<number> =>
  (await fixture.get(path, init, target === undefined ? {} : { target })).status;

test("G26 other methods get 405 and are told which there are", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    for (const path of ["/", `/file/${fixture.meta}`, "/nothing"]) {
      const response = await fixture.get(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    }
  }
  expect(await status({ method: "POST", body: "x" })).toBe(405);
});

test("over-long targets and heads are refused", async () => {
  expect(await status({}, `/file/${"a".repeat(9000)}`)).toBe(414);
  expect(await status({}, "/", `/${"a".repeat(9000)}`)).toBe(414);
  expect(await status({ headers: { a: "b".repeat(17_000) } })).toBe(431);
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, "1"]));
  expect(await status({ headers: many })).toBe(431);
});

test("method overrides and chunked bodies are refused", async () => {
  for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
    expect(await status({ headers: { [name]: "DELETE" } })).toBe(400);
  }
  expect(await status({ headers: { "transfer-encoding": "chunked" } })).toBe(400);
});

test("a target with dot segments or backslashes is refused as it was sent", async () => {
  for (const target of ["/a/../b", "/..", "/./", "/a/%2E%2e/b", "/a/.%2e", "/a\\b", "/%2e"]) {
    expect(await status({}, "/", target)).toBe(400);
  }
  const told = await (await fixture.get("/", {}, { target: "/a/../b" })).json();
  expect(told).toMatchObject({ detail: 'The path "/a/../b" may not hold a backslash, . or ..' });
  for (const target of ["/?a=../b", "/", "http://localhost/?x"]) {
    expect(await status({}, "/", target)).toBe(200);
  }
});

test("G27 on loopback a foreign Host gets 421, unless a trusted proxy sends it", async () => {
  const local = new GatewayFixture({
    hosts: ["localhost", "127.0.0.1", "[::1]"],
    trustedProxies: [{ ip: "127.0.0.2", prefixBits: 32 }],
  });
  const ask = async (host: string, ip: string): Promise<number> =>
    (await local.get("/", { headers: { host } }, { remote: { ip, port: 1 } })).status;
  expect(await ask("localhost:8080", "127.0.0.1")).toBe(200);
  expect(await ask("evil.example", "127.0.0.1")).toBe(421);
  expect(await ask("evil.example", "127.0.0.2")).toBe(200);
  const absolute = await local.gateway.fetch(
    new Request("http://evil.example/", { headers: { host: "localhost" } }),
    { remote: { ip: "127.0.0.1", port: 1 }, target: "http://evil.example/" },
  );
  expect(absolute.status).toBe(421);
});
