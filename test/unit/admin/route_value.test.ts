import { type PublicKey, SkerryError, toBase32, utf8 } from "../../../src/lib/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const publicKey = new Uint8Array(32).fill(7) as PublicKey;
const KEY = toBase32(publicKey);
const value = {
  publicKey,
  salt: new Uint8Array(),
  seq: 2n ** 64n - 1n,
  value: Uint8Array.of(0, 255),
  signedAtMs: 1,
  expiresMs: 2,
  ttlSeconds: 300,
  freshSeconds: 299,
  source: "network" as const,
  agreeing: 3,
};

const post = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

test("a value comes as JSON, bytes as base64, its seq as text", async () => {
  const fixture = new AdminFixture();
  fixture.node.values.set(KEY, value);
  fixture.node.values.set(`${KEY}/66`, { ...value, salt: utf8("f") });
  expect(await (await fixture.ask(`/v1/value/${KEY}`)).json()).toEqual({
    ...value,
    publicKey: KEY,
    salt: "",
    seq: "18446744073709551615",
    value: "AP8=",
  });
  expect(await (await fixture.ask(`/v1/value/${KEY}?salt=66`)).json()).toMatchObject({
    salt: "Zg==",
  });
});

test("what is not found, run out or no key has its own status", async () => {
  const fixture = new AdminFixture();
  const status = async (path: string) => (await fixture.ask(path)).status;
  expect(await status(`/v1/value/${KEY}`)).toBe(404);
  fixture.node.values.set(KEY, new SkerryError("VALUE_EXPIRED", "ran out"));
  expect(await status(`/v1/value/${KEY}`)).toBe(503);
  expect(await status("/v1/value/xyz")).toBe(400);
  expect(await status(`/v1/value/${KEY}?salt=6`)).toBe(400);
});

test("a put hands every wish to the node and tells what became of it", async () => {
  const fixture = new AdminFixture();
  const body = {
    value: utf8("v").toBase64(),
    salt: "Zg==",
    ttlSeconds: 0,
    lifetimeSeconds: 60,
    seq: "18446744073709551615",
    replaces: "7",
  };
  const response = await fixture.ask("/v1/value", post(body));
  expect(await response.json()).toEqual({
    publicKey: KEY,
    seq: "18446744073709551615",
    expiresMs: 1_800_000_000_000,
    holders: 4,
  });
  expect(fixture.node.puts).toEqual([{
    value: utf8("v"),
    salt: utf8("f"),
    ttlSeconds: 0,
    lifetimeSeconds: 60,
    seq: 2n ** 64n - 1n,
    replaces: 7n,
  }]);
});

test("a wrong body is told with field, value and rule, and reaches no node", async () => {
  const fixture = new AdminFixture();
  const detail = async (body: unknown) => {
    const response = await fixture.ask("/v1/value", post(body));
    return [response.status, (await response.json()).detail];
  };
  expect(await detail("{")).toEqual([400, "The body is not JSON."]);
  expect(await detail([])).toEqual([400, "The body is no JSON object."]);
  expect(await detail({})).toEqual([400, '"value" must be base64, and is missing.']);
  expect(await detail({ value: "***" })).toEqual([400, '"value" must be base64, not "***".']);
  expect(await detail({ value: "", seq: 7 }))
    .toEqual([400, '"seq" must be a text of digits below 2^64, not 7.']);
  expect(await detail({ value: "", seq: "18446744073709551616" }))
    .toEqual([400, '"seq" must be a text of digits below 2^64, not "18446744073709551616".']);
  expect(await detail({ value: "", ttlSeconds: "1" }))
    .toEqual([400, '"ttlSeconds" must be a number, not "1".']);
  expect(fixture.node.puts).toEqual([]);
  fixture.node.putFault = new SkerryError("SEQ_CONFLICT", "newer is there");
  expect((await fixture.ask("/v1/value", post({ value: "" }))).status).toBe(409);
});

test("withdrawing tells whether there was one", async () => {
  const fixture = new AdminFixture();
  const ask = async (body: unknown) => (await fixture.ask("/v1/value/withdraw", post(body))).json();
  expect(await ask({})).toEqual({ withdrawn: true });
  expect(await ask({ salt: "Zg==" })).toEqual({ withdrawn: false });
});
