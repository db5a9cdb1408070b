import { refusalOf } from "../../../src/admin/auth.ts";
import { LOCAL, METRICS_TOKEN, TOKEN } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const KEYS = { token: TOKEN, pageKey: "f".repeat(64), metricsToken: METRICS_TOKEN };
const BEARER = { authorization: `Bearer ${TOKEN}` };
const WRITE = { ...BEARER, "x-skerry-admin": "1", "content-type": "application/json" };

function status(
  headers: Record<string, string>,
  { method = "GET", path = "/v1/status", local = LOCAL } = {},
): number | undefined {
  const request = new Request(`http://127.0.0.1:4321${path}`, { method, headers });
  return refusalOf(request, { local }, KEYS)?.status;
}

test("the token, whole and exact, opens", () => {
  expect(status(BEARER)).toBeUndefined();
  expect(status({ authorization: `bearer ${TOKEN}` })).toBeUndefined();
  const wrong = ["", "Bearer", "Bearer ", `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN}0`, TOKEN];
  for (const authorization of [...wrong, `Bearer ${"0".repeat(64)}`, `Token ${TOKEN}`]) {
    expect(status({ authorization })).toBe(401);
  }
  expect(status({})).toBe(401);
  const request = new Request("http://127.0.0.1:4321/", { headers: { authorization: "Bearer " } });
  expect(refusalOf(request, { local: LOCAL }, { token: "", pageKey: "", metricsToken: "" })?.status)
    .toBe(401);
});

test("the token for metrics reads them and opens nothing else", () => {
  const bearer = { authorization: `Bearer ${METRICS_TOKEN}` };
  expect(status(bearer, { path: "/metrics" })).toBeUndefined();
  expect(status(BEARER, { path: "/metrics" })).toBeUndefined();
  for (const path of ["/", "/v1/status", "/v1/live", "/metrics/", "/v1/metrics", "/v1/get/x"]) {
    expect(status(bearer, { path })).toBe(401);
  }
  const write = { ...WRITE, ...bearer };
  expect(status(write, { path: "/metrics", method: "POST" })).toBe(401);
  const basic = { authorization: `Basic ${btoa(`me:${METRICS_TOKEN}`)}` };
  expect(status(basic, { path: "/" })).toBe(401);
});

test("Basic opens the page and nothing else", () => {
  const basic = { authorization: `Basic ${btoa(`me:${TOKEN}`)}` };
  expect(status(basic, { path: "/" })).toBeUndefined();
  expect(status(basic)).toBe(401);
  expect(status({ ...WRITE, ...basic }, { path: "/", method: "POST" })).toBe(401);
  for (const bad of ["%%%", btoa("no colon"), btoa(`${TOKEN}:`)]) {
    expect(status({ authorization: `Basic ${bad}` }, { path: "/" })).toBe(401);
  }
});

test("Host must be the listener's own, port and all", () => {
  for (const host of ["127.0.0.1:4321", "localhost:4321", "LOCALHOST:4321"]) {
    expect(status({ ...BEARER, host })).toBeUndefined();
  }
  for (
    const host of ["127.0.0.1", "127.0.0.1:80", "evil.example:4321", "localhost", "[::1]:4321"]
  ) {
    expect(status({ ...BEARER, host })).toBe(421);
  }
  const local = { ip: "::1", port: 80 };
  expect(status({ ...BEARER, host: "[::1]:80" }, { local })).toBeUndefined();
  expect(status({ ...BEARER, host: "localhost" }, { local })).toBeUndefined();
});

test("foreign origins and sites are refused even with the token", () => {
  expect(status({ ...BEARER, origin: "http://127.0.0.1:4321" })).toBeUndefined();
  for (
    const origin of ["http://evil.example", "null", "https://127.0.0.1:4321", "http://127.0.0.1"]
  ) {
    expect(status({ ...BEARER, origin })).toBe(403);
  }
  expect(status({ ...BEARER, "sec-fetch-site": "none" })).toBeUndefined();
  expect(status({ ...BEARER, "sec-fetch-site": "same-origin" })).toBeUndefined();
  expect(status({ ...BEARER, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(status({ ...BEARER, "sec-fetch-site": "same-site" })).toBe(403);
});

test("a write needs what no foreign page can send", () => {
  const post = { method: "POST" };
  expect(status(WRITE, post)).toBeUndefined();
  expect(status({ ...WRITE, "content-type": "application/octet-stream" }, post)).toBeUndefined();
  expect(status({ ...WRITE, "x-skerry-admin": "0" }, post)).toBe(403);
  for (const type of ["text/plain", "multipart/form-data; boundary=x", "", "Text/Plain;x"]) {
    expect(status({ ...WRITE, "content-type": type }, post)).toBe(400);
  }
});
