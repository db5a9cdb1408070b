import { readdir, readFile } from "node:fs/promises";
import { availableParallelism, loadavg, platform } from "node:os";
import type { MachineLoad } from "../../ports/mod.ts";

// Documentation/ABI/testing/sysfs-class-power in the kernel's sources.
const POWER_SUPPLIES = "/sys/class/power_supply";
/** Directories looked at: a laptop has two to five. */
const SUPPLIES_MAX = 32;

/** Load by the system's own average, power by sysfs, so that batteries are seen on Linux only.
 * @param powerSupplies where the kernel lists them. */
export async function readMachineLoad(powerSupplies = POWER_SUPPLIES): Promise<MachineLoad> {
  return {
    perMinute: platform() === "win32" ? undefined : loadavg()[0],
    processors: availableParallelism(),
    isOnBattery: await isOnBattery(powerSupplies),
  };
}

/** A battery of the machine (not of a mouse) is being drained and no mains supply is there. */
async function isOnBattery(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => []);
  let isDraining = false;
  for (const name of names.slice(0, SUPPLIES_MAX)) {
    const [type, scope, status, online] = await Promise.all(
      ["type", "scope", "status", "online"].map((file) => textOf(`${directory}/${name}/${file}`)),
    );
    if (type === "Battery") isDraining ||= scope !== "Device" && status === "Discharging";
    else if (online === "1" && scope !== "Device") return false;
  }
  return isDraining;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return undefined;
  }
}
