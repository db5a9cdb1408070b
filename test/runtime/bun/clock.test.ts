import { systemClock } from "../../../src/runtime/shared/clock.ts";
import { clockConformance } from "../../conformance/clock.ts";

clockConformance("performance.now on bun", systemClock);
