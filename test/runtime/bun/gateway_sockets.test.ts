import { serveHttp } from "../../../src/runtime/shared/http_server.ts";
import { adminSockets } from "../../conformance/admin_sockets.ts";
import { gatewaySockets } from "../../conformance/gateway_sockets.ts";
import { servePlain } from "../../support/plain_server.ts";

gatewaySockets("plain sockets on Bun", servePlain);
adminSockets("node:http on Bun", serveHttp);
