import { concatBytes, utf8 } from "../../src/lib/mod.ts";
import { RawClient } from "./raw_http.ts";

export const RST_STREAM = 3;
const HEADERS = 1;
const SETTINGS = 4;
/** END_STREAM and END_HEADERS. */
const WHOLE = 5;
const INITIAL_WINDOW_SIZE = 4;

/** One frame of HTTP/2 (RFC 9113 §4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array) {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length * 256 + type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A request that ends with its head. @param fields each under 127 bytes. */
export function requestFrame(stream: number, fields: Readonly<Record<string, string>>): Uint8Array {
  const all = { ":method": "GET", ":scheme": "https", ":authority": "x", ":path": "/", ...fields };
  const lines = Object.entries(all).map((line) =>
    // A literal without indexing, with a new name (RFC 7541 §6.2.2).
    concatBytes(
      Uint8Array.of(0),
      ...line.map((text) => utf8(String.fromCharCode(text.length) + text)),
    )
  );
  return frame(HEADERS, WHOLE, stream, concatBytes(...lines));
}

export const resetFrame = (stream: number): Uint8Array =>
  frame(RST_STREAM, 0, stream, Uint8Array.of(0, 0, 0, 8));

/** A client that has sent its preface, and then what it is told to.
 * @param window of each stream. */
export async function dialHttp2(port: number, window = 65_535): Promise<RawClient> {
  const client = await RawClient.openTls(port, "h2");
  const setting = new Uint8Array(6);
  new DataView(setting.buffer).setUint16(0, INITIAL_WINDOW_SIZE);
  new DataView(setting.buffer).setUint32(2, window);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  client.send(frame(SETTINGS, 0, 0, setting));
  return client;
}

/** The streams of all frames of a type that have come, in order; by themselves those with the head
 * of an answer. */
export function streamsOf({ bytes }: RawClient, type = HEADERS): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const streams: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + (view.getUint32(at) >>> 8)) {
    if (view.getUint8(at + 3) === type) streams.push(view.getUint32(at + 5));
  }
  return streams;
}
