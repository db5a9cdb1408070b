import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("live always, ready when the node can answer for the network", async () => {
  const { node, ...fixture } = { ...new GatewayFixture() };
  const ask = (path: string) => fixture.gateway.fetch(new Request(`http://localhost${path}`));
  expect(await (await ask("/readyz")).text()).toBe("ready\n");
  for (const reason of ["not_bootstrapped", "draining", "disk_failed"] as const) {
    node.isReady = { ready: false, reason };
    const response = await ask("/readyz");
    expect([response.status, await response.text()]).toEqual([503, `${reason}\n`]);
    expect(response.headers.get("retry-after")).toBe("10");
    const live = await ask("/healthz");
    expect([live.status, live.headers.get("cache-control")]).toEqual([200, "no-store"]);
  }
});

test("a gateway that is going to close says so at /readyz alone", async () => {
  const { gateway, meta } = new GatewayFixture();
  const ask = (path: string) => gateway.fetch(new Request(`http://localhost${path}`));
  gateway.leave();
  const response = await ask("/readyz");
  expect([response.status, await response.text()]).toEqual([503, "draining\n"]);
  for (const path of ["/healthz", "/", `/file/${meta}/ascii.txt`]) {
    expect((await ask(path)).status).toBe(200);
  }
});
