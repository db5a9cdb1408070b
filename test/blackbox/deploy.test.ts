import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "../support/harness.ts";
import { runCommand, scratch, skerryCommand } from "../support/processes.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../../docs/deploy/${name}`, import.meta.url), "utf8");

/** What the program makes of a command line that an operator copies. */
async function settingsOf(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand([
    ...skerryCommand(),
    ...words,
    "--print-config",
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

test("the command lines of the unit and of the image are ones that the program takes", async () => {
  const { path: data, remove } = scratch("deploy");
  const [, line = ""] = /^ExecStart=\S+ (.*)$/m.exec(read("skerry.service")) ?? [];
  expect(await settingsOf(line.split(" "))).toMatch(/^data +\/var\/lib\/skerry +--data$/m);
  const [, words = ""] = /^CMD (\[.*\])$/m.exec(read("Dockerfile")) ?? [];
  const image = await settingsOf([...JSON.parse(words) as string[], "--data", data]);
  expect(image).toMatch(/^udp +0\.0\.0\.0:4000 /m);
  expect(image).toMatch(/^serve +own /m);
  remove();
}, { timeout: 30_000 });

test("the unit does not start a node again whose settings are wrong", async () => {
  const [, never] = /^RestartPreventExitStatus=(.*)$/m.exec(read("skerry.service")) ?? [];
  const { path: data, remove } = scratch("deploy");
  const command = [...skerryCommand(), "run", "--data", data];
  const wrong = [["--udp", "nonsense"], ["--tls-cert", `${data}/cert.pem`]];
  for (const flags of wrong) {
    const { code, stderr } = await runCommand([...command, ...flags]);
    expect([flags[0], String(code), stderr === ""]).toEqual([flags[0], never, false]);
  }
  remove();
}, { timeout: 30_000 });

if (spawnSync("systemd-analyze", ["--version"]).error !== undefined) {
  console.warn("no systemd-analyze: the unit is not looked at");
} else {
  test("systemd finds nothing wrong with the unit", () => {
    const { path, remove } = scratch("unit");
    const unit = join(path, "skerry.service");
    writeFileSync(unit, read("skerry.service").replace(/^(ExecStart=)\S+/m, "$1/bin/true"));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
    remove();
    expect([status, stderr]).toEqual([0, ""]);
  }, { timeout: 30_000 });

  test("systemd counts little that a node under the unit is exposed to", () => {
    const path = new URL("../../docs/deploy/skerry.service", import.meta.url).pathname;
    const words = ["security", "--no-pager", "--offline=true", "--threshold=20", path]; // of 100
    const { status, stdout, stderr } = spawnSync("systemd-analyze", words, { encoding: "utf8" });
    expect([status, status === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  }, { timeout: 30_000 });
}
