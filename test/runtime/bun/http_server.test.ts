import { serveHttp } from "../../../src/runtime/shared/http_server.ts";
import { httpBodies } from "../../conformance/http_bodies.ts";
import { httpHalfClosed } from "../../conformance/http_half_closed.ts";
import { httpLastAnswer } from "../../conformance/http_last_answer.ts";
import { httpReady } from "../../conformance/http_ready.ts";
import { httpServerConformance } from "../../conformance/http_server.ts";
import { httpSlowClient } from "../../conformance/http_slow_client.ts";
import { httpSmuggling } from "../../conformance/http_smuggling.ts";
import { httpTls } from "../../conformance/http_tls.ts";

httpServerConformance("node:http on Bun", serveHttp);
httpBodies("node:http on Bun", serveHttp);
httpHalfClosed("node:http on Bun", serveHttp);
httpLastAnswer("node:http on Bun", serveHttp);
httpReady("node:http on Bun", serveHttp);
httpSlowClient("node:http on Bun", serveHttp);
httpSmuggling("node:http on Bun", serveHttp);
httpTls("node:http on Bun", serveHttp);
