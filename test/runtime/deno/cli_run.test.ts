import process from "node:process";
import { fileURLToPath } from "node:url";
import { cliRunConformance } from "../../conformance/cli_run.ts";

const door = fileURLToPath(new URL("../../../src/main_deno.ts", import.meta.url));
const flags = ["--allow-all", "--unstable-net", "--quiet"];

cliRunConformance("Deno", [process.execPath, "run", ...flags, door]);
