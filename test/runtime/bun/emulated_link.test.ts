import { join } from "node:path";
import { EmulatedLink, whyNoLink } from "../../support/emulated_link.ts";
import { hashFile, writeNoise } from "../../support/fixture_files.ts";
import { expect, test } from "../../support/harness.ts";
import {
  type NodeProcess,
  runCommand,
  scratch,
  skerryCommand,
  startNode,
} from "../../support/processes.ts";

const FILE_BYTES = 3 * 2 ** 20 + 17;
const REASON = whyNoLink();

test("over a link that loses 1 % a file arrives whole, between real processes", async () => {
  if (REASON !== undefined) return console.warn(`left out: ${REASON}`);
  const { path: dir, remove } = scratch("link");
  const nodes: NodeProcess[] = [];
  const link = await EmulatedLink.open({ rttMs: 20, lossPercent: 1, megabitsPerSecond: 100 });
  try {
    const { near, far } = link;
    const start = async (end: typeof near, name: string, known: string[]) => {
      const command = [...end.inside, ...skerryCommand()];
      const flags = ["--udp", `${end.ip}:0`];
      const dataDir = join(dir, name);
      const node = await startNode({ name, dataDir, bootstrap: known, command, flags });
      nodes.push(node);
      return node;
    };
    const holder = await start(near, "holder", []);
    const reader = await start(far, "reader", [holder.uri]);
    const file = join(dir, "file"), copy = join(dir, "copy");
    writeNoise(file, FILE_BYTES, 0x117);
    const published = await runCommand(
      [...near.inside, ...skerryCommand(), "publish", file, "--json", "--data", holder.dataDir],
    );
    const { items } = JSON.parse(published.stdout) as { items: { link: string }[] };
    const url = `${reader.gateway}/file/${items[0]?.link}`;
    const got = await runCommand([...far.inside, "curl", "-sS", "--fail", "-o", copy, url]);
    expect(got).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await hashFile(copy)).toBe(await hashFile(file));
  } finally {
    for (const node of nodes) await node.stop();
    link.close();
    remove();
  }
}, 30_000);
