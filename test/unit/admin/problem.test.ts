import { jsonResponse, problemOf, problemResponse, STATUS } from "../../../src/admin/problem.ts";
import { SKERRY_ERROR_CODES, SkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("every code has an error status", () => {
  for (const code of SKERRY_ERROR_CODES) {
    expect(STATUS[code]).toBeGreaterThanOrEqual(400);
    expect(problemOf(new SkerryError(code, "x")).status).toBe(STATUS[code]);
  }
});

test("a problem is JSON whose length is in bytes", async () => {
  for (const response of [problemResponse(400, "źle"), jsonResponse({ a: "ź" })]) {
    const length = Number(response.headers.get("content-length"));
    expect(length).toBe((await response.clone().arrayBuffer()).byteLength);
    await response.json();
  }
});

test("the operator is told why", async () => {
  expect((await problemOf(new Error("boom")).json()).detail).toContain("boom");
  expect((await problemOf("odd").json()).detail).toContain("odd");
});
