import { http10 } from "../../conformance/http_1_0.ts";
import { httpBodies } from "../../conformance/http_bodies.ts";
import { httpHalfClosed, httpHalfClosed10 } from "../../conformance/http_half_closed.ts";
import { httpLastAnswer } from "../../conformance/http_last_answer.ts";
import { httpReady } from "../../conformance/http_ready.ts";
import { httpServerConformance } from "../../conformance/http_server.ts";
import { httpSlowClient } from "../../conformance/http_slow_client.ts";
import { httpSmuggling } from "../../conformance/http_smuggling.ts";
import { servePlain } from "../../support/plain_server.ts";

httpServerConformance("plain sockets on Bun", servePlain);
http10("plain sockets on Bun", servePlain);
httpBodies("plain sockets on Bun", servePlain);
httpHalfClosed("plain sockets on Bun", servePlain);
httpHalfClosed10("plain sockets on Bun", servePlain);
httpLastAnswer("plain sockets on Bun", servePlain);
httpReady("plain sockets on Bun", servePlain);
httpSlowClient("plain sockets on Bun", servePlain);
httpSmuggling("plain sockets on Bun", servePlain);
