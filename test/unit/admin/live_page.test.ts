import { nowHtml } from "../../../src/admin/live_page.tsx";
import { FakeNode } from "../../support/fake_node.ts";
import { expect, test } from "../../support/harness.ts";

async function upText(uptimeSeconds: number): Promise<string | undefined> {
  const node = new FakeNode();
  const html = nowHtml({
    info: node.info,
    readiness: node.readiness(),
    status: { ...await node.status(), uptimeSeconds },
    peers: [],
    entries: [],
  });
  return /<dt>Up<\/dt><dd>(.*?)<\/dd>/.exec(html)?.[1];
}

test("how long a node is up is told in two units, from the first second on", async () => {
  expect(await upText(0)).toBe("0 s");
  expect(await upText(59)).toBe("59 s");
  expect(await upText(61)).toBe("1 min 1 s");
  expect(await upText(3600)).toBe("1 h 0 min");
  expect(await upText(3 * 86_400 + 4 * 3600 + 59)).toBe("3 d 4 h");
});
