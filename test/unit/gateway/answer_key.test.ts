import { answerKey, type GatewayRequestHead, requestOf } from "../../../src/gateway/answer_key.ts";
import { expect, test } from "../../support/harness.ts";
import { CLIENT, headOf } from "../../support/request_head.ts";

const PROXY = { ip: "198.51.100.1", port: 4000 };
const RULES = { clients: undefined, trustedProxies: [{ ip: "198.51.100.0", prefixBits: 24 }] };

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

test("a key leads back to a request that has this key, for what is held here alone", () => {
  const forwarded = { "x-forwarded-host": "a.example", accept: "text/html", "user-agent": "x" };
  for (const remote of [CLIENT, PROXY]) {
    for (const fields of [{}, { host: "" }, forwarded]) {
      const key = answerKey(headOf("/file/a%2Fb?format=json", fields, remote), RULES) ?? "";
      const { request, info } = requestOf(key, RULES) ?? {};
      expect(request?.headers.get("cache-control")).toBe("only-if-cached");
      request?.headers.delete("cache-control");
      const head = {
        method: "GET",
        target: info?.target ?? "",
        remote: info?.remote ?? CLIENT,
        header: (name: string) => request?.headers.get(name) ?? undefined,
      };
      expect([fields, answerKey(head, RULES)]).toEqual([fields, key]);
      expect(new URL(request?.url ?? "").pathname).toBe("/file/a%2Fb");
    }
  }
  const odd = answerKey(headOf("/x", { host: "a:b" }), RULES) ?? "";
  expect(requestOf(odd, RULES)).toBeUndefined();
});
