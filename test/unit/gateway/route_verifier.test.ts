import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();

test("/verify.js is a module for any page, under a tag of its own", async () => {
  const found = await fixture.get("/verify.js");
  expect(found.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(found.headers.get("access-control-allow-origin")).toBe("*");
  expect(found.headers.get("content-length")).toBe(String((await found.text()).length));
  const etag = found.headers.get("etag") ?? "";
  const again = await fixture.get("/verify.js", { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
  const other = { "if-match": '"other"', "if-none-match": etag };
  expect((await fixture.get("/verify.js", { headers: other })).status).toBe(412);
});
