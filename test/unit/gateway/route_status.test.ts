import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("/status is there only if the operator opens it", async () => {
  expect((await new GatewayFixture().get("/status")).status).toBe(404);
  const fixture = new GatewayFixture({ isStatusPublic: true });
  const response = await fixture.get("/status");
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("public, max-age=10");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(response.headers.get("content-length")).toBe(
    String(new TextEncoder().encode(await response.text()).length),
  );
  expect((await fixture.get("/status/x")).status).toBe(404);
  expect((await fixture.get("/status", { method: "POST" })).status).toBe(405);
});
