import type { IncomingMessage, ServerResponse } from "node:http";
import { type Address, canonicalIp, equalSecrets, formatAddress } from "../../lib/mod.ts";
import { splitHostPort, utf8 } from "../../lib/mod.ts";
import type { Introduce } from "../../ports/mod.ts";
import { cut } from "./http_answer.ts";
import type { Connection } from "./http_connection.ts";
import { endAnswer, watchEnd } from "./http_listener.ts";

const FIELD = "x-introduction";

/** As ports/http_server.ts has it: a request of its own in front of what is relayed, so that not a
 * byte of that has to be looked at or changed. */
export const introduce: Introduce = (secret, remote, local) => {
  const words = [secret, formatAddress(remote), formatAddress(local)];
  return utf8(`OPTIONS / HTTP/1.1\r\nHost: skerry\r\n${FIELD}: ${words.join(" ")}\r\n\r\n`);
};

/** The first request of a connection, where it has to be an introduction: what is none cuts the
 * connection. */
export async function takeIntroduction(
  connection: Connection,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  secret: string,
): Promise<void> {
  const field = incoming.headers[FIELD];
  const [said = "", ...words] = typeof field === "string" ? field.split(" ") : [];
  const [remote, local] = words.map(addressOf);
  const isRight = equalSecrets(utf8(said), utf8(secret));
  if (!isRight || remote === undefined || local === undefined) {
    connection.isLast = true;
    return cut(outgoing);
  }
  Object.assign(connection, { remote, local, isIntroduced: true });
  const end = watchEnd(outgoing);
  outgoing.writeHead(204);
  endAnswer(outgoing);
  await end.finished;
}

function addressOf(text: string): Address | undefined {
  const at = splitHostPort(text);
  const ip = at && canonicalIp(at.host);
  return at && ip !== undefined ? { ip, port: at.port } : undefined;
}
