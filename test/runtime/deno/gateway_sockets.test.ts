import { serveHttp } from "../../../src/runtime/shared/http_server.ts";
import { adminSockets } from "../../conformance/admin_sockets.ts";
import { gatewaySockets } from "../../conformance/gateway_sockets.ts";

gatewaySockets("node:http on Deno", serveHttp);
adminSockets("node:http on Deno", serveHttp);
