import { serveHttp3OnBun } from "../../../src/runtime/bun/http3_server.ts";
import { http3Conformance } from "../../conformance/http3.ts";

http3Conformance("node:quic on Bun", serveHttp3OnBun);
