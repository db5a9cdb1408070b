import { checkConditions } from "../../../src/gateway/conditions.ts";
import { ProblemError } from "../../../src/gateway/problem.ts";
import { ABSENT, GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const of = (headers: Record<string, string>) => ({ header: (name: string) => headers[name] });

test("no condition, or one that holds, lets it be sent; a known tag is 304", () => {
  expect(checkConditions(of({}), '"x"', "no-store")).toBeUndefined();
  expect(checkConditions(of({ "if-match": '"x"' }), '"x"', "no-store")).toBeUndefined();
  const known = checkConditions(of({ "if-none-match": '"x"' }), '"x"', "public, max-age=1");
  expect(known?.status).toBe(304);
  expect(known?.headers.get("etag")).toBe('"x"');
  expect(known?.headers.get("cache-control")).toBe("public, max-age=1");
});

test("If-Match comes first, and what it refuses is 412 and not kept", () => {
  const both = of({ "if-match": '"y"', "if-none-match": '"x"' });
  const refused = (() => {
    try {
      return checkConditions(both, '"x"', "public");
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(ProblemError);
  const { problem } = refused as ProblemError;
  expect([problem.status, problem.headers]).toEqual([412, { "cache-control": "no-store" }]);
  expect(problem.detail).toContain('"x"');
});

test("every form of content heeds If-Match, also when its answer is at hand", async () => {
  const fixture = new GatewayFixture();
  const paths = [
    "ascii.txt",
    "",
    "sub/",
    "ascii.txt?format=raw",
    "?format=manifest",
    "?format=tar",
  ];
  for (const path of [...paths, "ascii.txt?format=proof"]) {
    expect((await fixture.file(path, { "if-match": '"other"' })).status).toBe(412);
    expect((await fixture.file(path, { "if-match": "*" })).status).toBe(200);
  }
  const chunk = await fixture.get(`/chunk/${fixture.bigChunks[0]}`, {
    headers: { "if-match": '"other"' },
  });
  expect(chunk.status).toBe(412);
});

test("If-Match comes first also where the URL alone could answer If-None-Match", async () => {
  const fixture = new GatewayFixture();
  const chunk = fixture.bigChunks[0] ?? "";
  const rows = [
    [`/chunk/${chunk}`, `"${chunk}"`],
    [`/file/${fixture.meta}/`, `"${fixture.meta}"`],
    [`/file/${fixture.meta}/?format=manifest`, `"${fixture.meta}.manifest"`],
  ] as const;
  for (const [path, etag] of rows) {
    const ask = async (ifMatch: string) => {
      const headers = { "if-match": ifMatch, "if-none-match": etag };
      return (await fixture.get(path, { headers })).status;
    };
    expect([await ask('"other"'), await ask(`W/${etag}`)]).toEqual([412, 412]);
    expect([await ask(etag), await ask("*")]).toEqual([304, 304]);
  }
  // Of what is not there no condition is asked (RFC 9110 §13.2.1).
  const headers = { "if-match": '"other"', "if-none-match": `"${ABSENT}"` };
  expect((await fixture.get(`/chunk/${ABSENT}`, { headers })).status).toBe(404);
});
