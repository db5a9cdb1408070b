import { join } from "node:path";
import { curl } from "../../support/curl.ts";
import { hashFile, writeNoise } from "../../support/fixture_files.ts";
import { expect, test } from "../../support/harness.ts";
import { joined, type NodeProcess, scratch, skerry, startNode } from "../../support/processes.ts";

const FILE_BYTES = 64 * 2 ** 20 + 777;
const TIMEOUT_MS = 240_000;

/** Nothing for ten seconds is a long stall, on however busy a machine: curl gives up then. */
const NO_LONG_STALL = ["--speed-limit", "1", "--speed-time", "10"];

test(
  "five holders, one stopped and one killed in mid-fetch: the right bytes, no long stall",
  async () => {
    const { path: dir, remove } = scratch("many-holders");
    const nodes: NodeProcess[] = [];
    const start = async (name: string): Promise<NodeProcess> => {
      const node = await startNode({
        name,
        dataDir: join(dir, name),
        bootstrap: nodes.slice(0, 1).map(({ uri }) => uri),
        flags: ["--store-bytes", "512MiB"],
      });
      nodes.push(node);
      await joined(node);
      return node;
    };
    try {
      const file = join(dir, "noise"), output = join(dir, "out");
      writeNoise(file, FILE_BYTES, 5);
      const holders: NodeProcess[] = [];
      for (const name of ["a", "b", "c", "d", "e"]) holders.push(await start(name));
      let link = "";
      for (const node of holders) { // each has all of it, and says so
        const { stdout } = await skerry(node.dataDir, "publish", file, "--json");
        link = (JSON.parse(stdout) as { items: { link: string }[] }).items[0]?.link ?? "";
      }
      const reader = await start("reader");
      const fetching = curl(
        `${reader.gateway}/file/${link}`,
        output,
        ...["--limit-rate", "8M", ...NO_LONG_STALL],
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      process.kill(holders[1]?.pid ?? 0, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await holders[2]?.kill();
      expect(await fetching).toMatchObject({ status: 200, bytes: FILE_BYTES, exitCode: 0 });
      expect(await hashFile(output)).toBe(await hashFile(file));
      // And a chunk that is asked of a stopped holder first does not wait for it to be found out.
      const again = await start("late");
      const late = await curl(`${again.gateway}/file/${link}`, output, ...NO_LONG_STALL);
      expect(late).toMatchObject({ status: 200, bytes: FILE_BYTES, exitCode: 0 });
      expect(await hashFile(output)).toBe(await hashFile(file));
    } finally {
      await Promise.all(nodes.map((node) => node.kill()));
      remove();
    }
  },
  TIMEOUT_MS,
);
