import { answerKey, type GatewayRequestHead } from "../../../src/gateway/answer_key.ts";
import { expect, test } from "../../support/harness.ts";

const CLIENT = { ip: "192.0.2.7", port: 4000 };
const PROXY = { ip: "198.51.100.1", port: 4000 };
const RULES = { clients: undefined, trustedProxies: [{ ip: "198.51.100.0", prefixBits: 24 }] };

function headOf(
  target: string,
  fields: Readonly<Record<string, string>> = {},
  remote = CLIENT,
  method = "GET",
): GatewayRequestHead {
  const all: Readonly<Record<string, string>> = { host: "localhost:8080", ...fields };
  return { method, target, remote, header: (name) => all[name] };
}

test("who shows a token is answered the long way, where tokens are known", () => {
  const head = headOf("/x", { authorization: "Bearer abc" });
  expect(answerKey(head, RULES)).toBeDefined();
  expect(answerKey(head, { ...RULES, clients: [] })).toBeUndefined();
  expect(answerKey(headOf("/x"), { ...RULES, clients: [] })).toBeDefined();
});

test("the name a trusted proxy forwards counts, anybody else's does not", () => {
  const fields = { "x-forwarded-host": "a.example" };
  const other = { "x-forwarded-host": "b.example" };
  const key = (head: GatewayRequestHead): string | undefined => answerKey(head, RULES);
  expect(key(headOf("/x", fields))).toBe(key(headOf("/x", other)));
  expect(key(headOf("/x", fields, PROXY))).not.toBe(key(headOf("/x", other, PROXY)));
  expect(key(headOf("/x", {}, PROXY))).not.toBe(key(headOf("/x")));
});

test("a request too long to remember is answered the long way", () => {
  expect(answerKey(headOf(`/${"x".repeat(1024)}`), RULES)).toBeUndefined();
  expect(answerKey(headOf("/x", { accept: "x".repeat(257) }), RULES)).toBeUndefined();
  expect(answerKey(headOf("http://x/"), RULES)).toBeUndefined();
});
