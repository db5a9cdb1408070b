import { openDenoSocket } from "../../../src/runtime/deno/udp.ts";
import { datagramSocketConformance } from "../../conformance/datagram_socket.ts";

datagramSocketConformance("Deno.listenDatagram", openDenoSocket);
