/** The door on Deno: `deno task run` starts the same node from source. */
import { main } from "./main_doors.ts";
import { openDenoSqlite } from "./runtime/deno/sqlite.ts";
import { openDenoSocket } from "./runtime/deno/udp.ts";
import { nativePrimitives } from "./runtime/shared/native_primitives.ts";

await main({
  primitives: nativePrimitives,
  openSocket: openDenoSocket,
  openPortableSocket: openDenoSocket,
  openSqlite: openDenoSqlite,
  storeWorker: "storeOnDeno",
});
