import { existsSync } from "node:fs";
import { join } from "node:path";
import { blackBox } from "./own_target.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const DENO = join(ROOT, "node_modules/deno/deno");

if (existsSync(DENO)) {
  blackBox("a node on Deno", [
    ...[DENO, "run", "--quiet", "--no-check", "--allow-all", "--unstable-net"],
    join(ROOT, "src/main_deno.ts"),
  ]);
} else {
  console.warn(`no Deno at ${DENO} (is it made for this machine?): its black box is left out`);
}
