import { parseCidr } from "../../../src/config/mod.ts";
import {
  clientIp,
  clientKey,
  isTrusted,
  requestHost,
  sentHost,
} from "../../../src/gateway/client_address.ts";
import { expect, test } from "../../support/harness.ts";

const trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"].flatMap((text) =>
  parseCidr(text) ?? []
);

test("X-Forwarded-For counts only from trusted proxies, nearest first", () => {
  expect(clientIp("198.51.100.1", "203.0.113.9", trusted)).toBe("198.51.100.1");
  expect(clientIp("10.1.1.1", "203.0.113.9", trusted)).toBe("203.0.113.9");
  expect(clientIp("10.1.1.1", "6.6.6.6, 203.0.113.9, 10.2.2.2", trusted)).toBe("203.0.113.9");
  expect(clientIp("2001:db8::1", "::ffff:203.0.113.9", trusted)).toBe("203.0.113.9");
  expect(clientIp("10.1.1.1", undefined, trusted)).toBe("10.1.1.1");
  expect(clientIp("10.1.1.1", "forged, unknown", trusted)).toBe("10.1.1.1");
  expect(clientIp("10.1.1.1", "10.9.9.9,".repeat(500), trusted)).toBe("10.1.1.1");
  expect(isTrusted("10.1.1.1", [])).toBe(false);
});

test("one client is an IPv4 address or an IPv6 /64", () => {
  expect(clientKey("198.51.100.1")).toBe("198.51.100.1");
  expect(clientKey("2001:db8::1")).toBe(clientKey("2001:db8::ffff:1"));
  expect(clientKey("2001:db8::1")).not.toBe(clientKey("2001:db8:0:1::1"));
});

test("X-Forwarded-Host counts only from trusted proxies", () => {
  const headers = { host: "inner:8080", "x-forwarded-host": "gw.example, other" };
  const request = new Request("http://inner:8080/", { headers });
  const from = (ip: string) => ({ remote: { ip, port: 1 } });
  expect(requestHost(request, from("10.1.1.1"), trusted)).toBe("gw.example");
  expect(requestHost(request, from("198.51.100.1"), trusted)).toBe("inner:8080");
  expect(requestHost(request, {}, trusted)).toBe("inner:8080");
  expect(requestHost(new Request("http://a:1/"), from("10.1.1.1"), trusted)).toBe("a:1");
});

test("an absolute target brings its own host, whatever Host says", () => {
  const request = new Request("http://evil.example/x", { headers: { host: "localhost" } });
  expect(sentHost(request, "http://evil.example/x")).toBe("evil.example");
  expect(sentHost(request, "HTTP://evil.example/x")).toBe("evil.example");
  expect(sentHost(request, "/x")).toBe("localhost");
  expect(sentHost(request, undefined)).toBe("localhost");
});
