import { ERROR_STATUS, NO_STORE } from "../../../src/gateway/error_map.ts";
import { SKERRY_ERROR_CODES } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("every code has a status of gateway.md §5, and 5xx are neither cached nor final", () => {
  expect(Object.keys(ERROR_STATUS).sort()).toEqual([...SKERRY_ERROR_CODES].sort());
  const allowed = [400, 404, 410, 412, 451, 500, 502, 503, 504];
  for (const code of SKERRY_ERROR_CODES) {
    const { status, cacheControl, retryAfter, title } = ERROR_STATUS[code];
    expect(allowed).toContain(status);
    expect(title.length).toBeGreaterThan(3);
    if (status < 500) continue;
    expect(cacheControl).toBe(NO_STORE);
    if (status > 500) expect(retryAfter).toBeGreaterThan(0);
  }
});

test("a peer's failure is never our 500", () => {
  const peers = [
    "CHUNK_NOT_FOUND",
    "LOOKUP_TIMED_OUT",
    "FETCH_TIMED_OUT",
    "HOLDERS_FAILED",
  ] as const;
  for (const code of [...peers, "NO_PEERS", "INVALID_MANIFEST", "REFUSED"] as const) {
    expect(ERROR_STATUS[code].status).not.toBe(500);
  }
});

test("only what is malformed, absent or withdrawn is kept by caches", () => {
  const cached = SKERRY_ERROR_CODES.filter((code) => ERROR_STATUS[code].cacheControl !== NO_STORE);
  expect(cached.sort().join(" ")).toBe(
    "CHUNK_NOT_FOUND DENIED DENIED_BY_LAW HASH_COLLISION INVALID_ID INVALID_MANIFEST " +
      "PATH_NOT_FOUND VALUE_NOT_FOUND",
  );
});
