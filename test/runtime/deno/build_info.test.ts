import { buildInfoConformance } from "../../conformance/build_info.ts";

buildInfoConformance("deno");
