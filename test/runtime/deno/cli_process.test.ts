import process from "node:process";
import { fileURLToPath } from "node:url";
import { cliProcessConformance } from "../../conformance/cli_process.ts";

const door = fileURLToPath(new URL("../../../src/main_deno.ts", import.meta.url));
const flags = ["--allow-all", "--unstable-net", "--quiet"];

cliProcessConformance("Deno", [process.execPath, "run", ...flags, door]);
