import { serveHttp } from "../../../src/runtime/shared/http_server.ts";
import { http10 } from "../../conformance/http_1_0.ts";
import { httpBodies } from "../../conformance/http_bodies.ts";
import { httpLastAnswer } from "../../conformance/http_last_answer.ts";
import { httpReady } from "../../conformance/http_ready.ts";
import { httpServerConformance } from "../../conformance/http_server.ts";
import { httpSlowClient } from "../../conformance/http_slow_client.ts";
import { httpSmuggling } from "../../conformance/http_smuggling.ts";
import { httpTls } from "../../conformance/http_tls.ts";

httpServerConformance("node:http on Deno", serveHttp);
http10("node:http on Deno", serveHttp);
httpBodies("node:http on Deno", serveHttp);
httpLastAnswer("node:http on Deno", serveHttp);
httpLastAnswer("node:http on Deno", serveHttp, true);
httpReady("node:http on Deno", serveHttp);
httpSlowClient("node:http on Deno", serveHttp);
httpSmuggling("node:http on Deno", serveHttp);
httpTls("node:http on Deno", serveHttp);
