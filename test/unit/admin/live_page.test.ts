import { nowHtml } from "../../../src/admin/live_page.tsx";
import type { NodeStatus } from "../../../src/node/mod.ts";
import { FakeNode } from "../../support/fake_node.ts";
import { expect, test } from "../../support/harness.ts";

async function shown(term: string, changes: Partial<NodeStatus>): Promise<string | undefined> {
  const node = new FakeNode();
  const html = nowHtml({
    info: node.info,
    readiness: node.readiness(),
    status: { ...await node.status(), ...changes },
    peers: [],
    entries: [],
  });
  return new RegExp(`<dt>${term}</dt><dd>(.*?)</dd>`).exec(html)?.[1];
}

const upText = (uptimeSeconds: number) => shown("Up", { uptimeSeconds });

test("how long a node is up is told in two units, from the first second on", async () => {
  expect(await upText(0)).toBe("0 s");
  expect(await upText(59)).toBe("59 s");
  expect(await upText(61)).toBe("1 min 1 s");
  expect(await upText(3600)).toBe("1 h 0 min");
  expect(await upText(3 * 86_400 + 4 * 3600 + 59)).toBe("3 d 4 h");
});

test("what the disk has refused stands there, and nothing where it has taken all", async () => {
  expect(await shown("Disk", {})).toBeUndefined();
  const disk = { unkept: 2, faultMs: 0, fault: "Cannot write /d/<x>: the disk is full" };
  expect(await shown("Disk", { disk })).toBe(
    "refused last at 1970-01-01T00:00:00.000Z: Cannot write /d/&lt;x&gt;: the disk is full; " +
      "not kept in all: 2",
  );
});

test("what the node is to others stands there in words", async () => {
  expect(await shown("Role", { role: "super" })).toBe("answers others and keeps content for them");
  expect(await shown("Reachability", { reachability: "unknown" })).toBe("not known yet");
});
