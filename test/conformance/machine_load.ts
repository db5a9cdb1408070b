import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { MachineLoad } from "../../src/ports/mod.ts";
import { describe, expect, test } from "../support/harness.ts";

type Supply = Readonly<Record<string, string>>;

/** The law of ports/machine_load.ts. @param read looks for power supplies in that directory. */
export function machineLoadConformance(
  name: string,
  read: (powerSupplies?: string) => Promise<MachineLoad>,
): void {
  const isOnBattery = async (...supplies: Supply[]): Promise<boolean> => {
    const directory = await mkdtemp(`${tmpdir()}/skerry-power-`);
    try {
      for (const [index, supply] of supplies.entries()) {
        await mkdir(`${directory}/${index}`);
        for (const [file, text] of Object.entries(supply)) {
          await writeFile(`${directory}/${index}/${file}`, `${text}\n`);
        }
      }
      return (await read(directory)).isOnBattery;
    } finally {
      await rm(directory, { recursive: true });
    }
  };
  const draining = { type: "Battery", status: "Discharging" };

  describe(`MachineLoad law: ${name}`, () => {
    test("load and processors are the system's", async () => {
      const { perMinute, processors } = await read();
      expect(perMinute).toBeGreaterThanOrEqual(0);
      expect(Number.isInteger(processors) && processors > 0).toBe(true);
    });

    test("a machine is on its battery if that drains and there is no other supply", async () => {
      expect(await isOnBattery(draining)).toBe(true);
      expect(await isOnBattery({ type: "Mains", online: "0" }, draining)).toBe(true);
      expect(await isOnBattery(draining, { type: "Mains", online: "1" })).toBe(false);
      expect(await isOnBattery({ type: "USB", online: "1" }, draining)).toBe(false);
      expect(await isOnBattery({ type: "Battery", status: "Charging" })).toBe(false);
    });

    test("a battery of a mouse, no supply and no list say nothing", async () => {
      expect(await isOnBattery({ ...draining, scope: "Device" })).toBe(false);
      expect(await isOnBattery()).toBe(false);
      expect((await read("/nowhere/at/all")).isOnBattery).toBe(false);
    });
  });
}
