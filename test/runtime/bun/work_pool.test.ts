import { createWorkPool } from "../../../src/runtime/shared/work_pool.ts";
import { workerUrl } from "../../../src/workers.ts";
import { workPoolConformance } from "../../conformance/work_pool.ts";

const open = (threads: number) => createWorkPool({ workerUrl: workerUrl("work"), threads });

workPoolConformance("Web Workers on bun", open);
