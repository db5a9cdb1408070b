import { publicStatusPage } from "../../../src/gateway/status_page.tsx";
import { FakeNode } from "../../support/fake_node.ts";
import { expect, test } from "../../support/harness.ts";

test("the page tells how the node does, without script, and nothing of anybody else", async () => {
  const node = new FakeNode();
  const status = { ...await node.status(), uptimeSeconds: 7_384, peers: 17 };
  const html = publicStatusPage(node.info, status);
  expect(html).not.toContain("<script");
  expect(html).toContain("<dt>Runs for</dt><dd>2 h 3 min</dd>");
  expect(html).toContain("<dt>Peers</dt><dd>17</dd>");
  for (const told of [node.info.uri, node.info.nodeIdHex, "127.0.0.1"]) {
    expect(html).not.toContain(told);
  }
});
