import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "../../support/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "skerry-full-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CHILD = new URL("./full_disk_child.ts", import.meta.url).pathname;
/** A file system of its own, 24 MiB, that goes with the process. */
const inSmallDisk = (command: string): string[] => [
  "unshare",
  ...["--user", "--map-root-user", "--mount", "sh", "-c"],
  `mount -t tmpfs -o size=24m none ${folder} && exec ${command}`,
];

/** Some systems forbid it to ordinary users, and then there is no small disk to fill. */
function canMount(): boolean {
  try {
    const [program = "", ...args] = inSmallDisk("true");
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

if (canMount()) {
  test("on a full disk puts are refused as such, what was kept stays, and room helps", async () => {
    const [program = "", ...args] = inSmallDisk(`${process.execPath} ${CHILD} ${folder}`);
    const output = await new Promise<string>((resolve, reject) => {
      execFile(program, args, { timeout: 60_000 }, (error, out, err) => {
        if (error === null) resolve(out);
        else reject(new Error(`${error.message}\n${err}`));
      });
    });
    const told = JSON.parse(output);
    expect(told.codes).toEqual(["STORE_FULL"]);
    expect(told.keptWhenFull).toBeGreaterThan(10);
    expect(told.soundWhenFull).toBe(told.keptWhenFull);
    expect(told.refusedAfter).toBe(0);
    expect(told.soundAfterwards).toBe(told.keptWhenFull + 2);
  }, 90_000);
} else {
  console.warn("no small disk can be mounted here: the test of a full disk is left out");
}
