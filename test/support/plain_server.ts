import { plainHttpWith } from "../../src/front/mod.ts";
import { utf8 } from "../../src/lib/mod.ts";
import { connectOnBun, listenAloneOnBun } from "../../src/runtime/bun/streams.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { unreadable } from "../../src/runtime/shared/http_connection.ts";
import { introduce } from "../../src/runtime/shared/http_introduction.ts";
import { ReceiverRate } from "../../src/runtime/shared/http_receiver_rate.ts";
import { HTTP_LIMITS } from "../../src/runtime/shared/http_limits.ts";
import { serveHttp } from "../../src/runtime/shared/http_server.ts";
import { systemRandom } from "../../src/runtime/shared/random.ts";

/** What the gateway of a node on Bun is served with. */
export const servePlain = plainHttpWith({
  clock: systemClock,
  random: systemRandom,
  serveHttp,
  listenStreams: listenAloneOnBun,
  connectStream: connectOnBun,
  introduce,
  watchReceiver: (outbox) => new ReceiverRate(outbox),
  tooLate: utf8(unreadable("ERR_HTTP_REQUEST_TIMEOUT")),
  httpLimits: HTTP_LIMITS,
});
