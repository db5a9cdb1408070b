import {
  ProblemError,
  problemOf,
  problemResponse,
  wantsPage,
} from "../../../src/gateway/problem.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const problem = problemOf(new SkerryError("CHUNK_NOT_FOUND", "nobody has <b>it</b>"));

test("a problem is JSON, a page or text, as Accept says", async () => {
  const json = problemResponse(problem, "*/*");
  expect(json.headers.get("content-type")).toBe("application/problem+json");
  expect(await json.json()).toEqual({
    title: "Not found",
    status: 404,
    detail: "Nobody has <b>it</b>.",
    code: "CHUNK_NOT_FOUND",
  });
  const html = problemResponse(problem, "text/html,*/*;q=0.8");
  expect(html.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await html.text()).toContain("Nobody has &lt;b&gt;it&lt;/b&gt;.");
  const text = problemResponse(problem, "text/plain");
  expect(await text.text()).toBe("404 Not found\n\nNobody has <b>it</b>.\n");
  for (const accept of [undefined, "", "image/png", "application/json"]) {
    expect(problemResponse(problem, accept).headers.get("content-type")).toContain("problem+json");
  }
  const no = problemResponse(problem, "text/html;q=0, text/plain;q=0.2, */*;q=0.1");
  expect(no.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(wantsPage("text/html;q=0, */*")).toBe(false);
  expect(problemResponse(problem, undefined).headers.get("vary")).toBe("Accept");
});

test("an absence is kept as long as it holds, other errors as their kind", () => {
  const kept = (code: "CHUNK_NOT_FOUND" | "NO_PEERS", holdsSeconds: number) =>
    problemOf(new SkerryError(code, "none", { holdsSeconds })).headers?.["cache-control"];
  expect(kept("CHUNK_NOT_FOUND", 35)).toBe("public, max-age=35");
  expect(problem.headers?.["cache-control"]).toBe("public, max-age=10");
  expect(kept("NO_PEERS", 35)).toBe("no-store");
});

test("a length is in bytes", async () => {
  const response = problemResponse({ status: 400, title: "t", detail: "źródło" }, "text/plain");
  const length = (await response.arrayBuffer()).byteLength;
  expect(response.headers.get("content-length")).toBe(String(length));
});

test("a rule of our own brings its own words; a stranger's error none", () => {
  const own = new ProblemError({ status: 416, title: "t", detail: "d" });
  expect(problemOf(own)).toBe(own.problem);
  expect(problemOf(new Error("secret")).detail).not.toContain("secret");
  expect(problemOf("secret").status).toBe(500);
});
