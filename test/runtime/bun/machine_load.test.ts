import { readMachineLoad } from "../../../src/runtime/shared/machine_load.ts";
import { machineLoadConformance } from "../../conformance/machine_load.ts";

machineLoadConformance("sysfs on bun", readMachineLoad);
