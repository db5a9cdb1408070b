/** The door on Bun: what `make build` compiles into dist/skerry. */
import { main } from "./main_doors.ts";
import { serveHttp3OnBun } from "./runtime/bun/http3_server.ts";
import { bunPrimitives } from "./runtime/bun/primitives.ts";
import { readCachedOnBun } from "./runtime/bun/read_cached.ts";
import { openBunSqlite } from "./runtime/bun/sqlite.ts";
import { streamsOnBun } from "./runtime/bun/streams.ts";
import { openBunSocket, openPortableBunSocket } from "./runtime/bun/udp.ts";

await main({
  primitives: bunPrimitives,
  openSocket: openBunSocket,
  openPortableSocket: openPortableBunSocket,
  openSqlite: openBunSqlite,
  storeWorker: "storeOnBun",
  readCached: readCachedOnBun,
  serveHttp3: serveHttp3OnBun,
  streams: streamsOnBun,
});
