import { GET_PROVIDERS_ANNOUNCE, type Message, type MessageType } from "./messages.ts";

/** Whether a question may ride in the INIT that opens a session (protocol.md §1, 0-RTT): never;
 * only where a token or cookie has proven its sender's address; or always. */
export type Earliness = "never" | "proven" | "always";

/** Reads that change nothing, so that whoever repeats one gains nothing. */
const READS: ReadonlySet<MessageType> = new Set<MessageType>([
  "PING",
  "FIND_NODE",
  "GET_PROVIDERS",
  "GET_RECORD",
  "HAVE",
]);

/** Whether an answer may be lost without a word: whoever asked for it asks again after a while, and
 * to be asked again costs no more than to be asked. */
export function isAskedAgain({ type }: Message): boolean {
  return type === "PONG" || type === "NODES" || type === "PROVIDERS" || type === "RECORD";
}

/** Announcing is bound to the sender's address, and doing it twice is doing it once. */
export function earlinessOf(message: Message): Earliness {
  if (message.type === "ANNOUNCE") return "proven";
  if (message.type === "GET_PROVIDERS" && (message.flags & GET_PROVIDERS_ANNOUNCE) !== 0) {
    return "proven";
  }
  return READS.has(message.type) ? "always" : "never";
}
