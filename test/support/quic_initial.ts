import { createCipheriv, createHmac, generateKeyPairSync, randomBytes } from "node:crypto";

/** Of QUIC version 1 (RFC 9001 §5.2). */
const SALT = Buffer.from("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "hex");
const DATAGRAM_BYTES = 1_200;
const TAG_BYTES = 16;
const NUMBER_BYTES = 4;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const varint = (value: number): Buffer => value < 64 ? Buffer.of(value) : u16(value | 0x4000);
const hmac = (key: Uint8Array, data: Uint8Array): Buffer =>
  createHmac("sha256", key).update(data).digest();

/** HKDF-Expand-Label of RFC 8446 §7.1, one block of it. */
function expand(secret: Uint8Array, label: string, bytes: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([u16(bytes), Buffer.of(name.length), name, Buffer.of(0, 1)]);
  return hmac(secret, info).subarray(0, bytes);
}

function extension(type: number, ...parts: Uint8Array[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([u16(type), u16(data.length), data]);
}

/** A ClientHello that a server answers with its whole first flight. */
function clientHello(sourceId: Uint8Array): Buffer {
  const { publicKey } = generateKeyPairSync("x25519");
  const share = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const windows = [4, 5, 6, 7].flatMap((id) => [id, 4, 0x80, 0x10, 0, 0]); // a mebibyte each
  const parameters = Buffer.concat([Buffer.of(...windows, 0x0f, sourceId.length), sourceId]);
  const extensions = Buffer.concat([
    extension(10, Buffer.of(0, 2, 0, 0x1d)), // groups: x25519
    extension(13, Buffer.of(0, 8, 4, 3, 8, 4, 8, 5, 8, 7)), // signatures
    extension(43, Buffer.of(2, 3, 4)), // TLS 1.3
    extension(51, Buffer.of(0, 36, 0, 0x1d, 0, 32), share),
    extension(16, Buffer.of(0, 3, 2), Buffer.from("h3")),
    extension(0x39, parameters),
  ]);
  const body = Buffer.concat([
    Buffer.of(3, 3),
    randomBytes(32),
    Buffer.of(0, 0, 2, 0x13, 1, 1, 0), // no session, one cipher suite, no compression
    u16(extensions.length),
    extensions,
  ]);
  return Buffer.concat([Buffer.of(1, 0), u16(body.length), body]);
}

/** What a QUIC client sends first, fit to be answered; each is another connection. */
export function initialDatagram(): Uint8Array {
  const [destination, source] = [randomBytes(8), randomBytes(8)];
  const secret = expand(hmac(SALT, destination), "client in", 32);
  const hello = clientHello(source);
  const crypto = Buffer.concat([Buffer.of(6, 0), varint(hello.length), hello]);
  const ids = Buffer.concat([Buffer.of(8), destination, Buffer.of(8), source]);
  const start = Buffer.concat([Buffer.of(0xc3, 0, 0, 0, 1), ids, Buffer.of(0)]);
  const rest = DATAGRAM_BYTES - start.length - 2;
  const header = Buffer.concat([start, u16(rest | 0x4000), Buffer.alloc(NUMBER_BYTES)]);
  const payload = Buffer.alloc(rest - NUMBER_BYTES - TAG_BYTES);
  crypto.copy(payload);
  // Its number is 0, which leaves the nonce as it is.
  const nonce = expand(secret, "quic iv", 12);
  const seal = createCipheriv("aes-128-gcm", expand(secret, "quic key", 16), nonce);
  seal.setAAD(header);
  const sealed = [seal.update(payload), seal.final(), seal.getAuthTag()];
  const datagram = Buffer.concat([header, ...sealed]);
  const at = header.length;
  const cover = createCipheriv("aes-128-ecb", expand(secret, "quic hp", 16), null);
  const mask = cover.update(datagram.subarray(at, at + 16));
  datagram[0] = (datagram[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  for (let i = 0; i < NUMBER_BYTES; i++) {
    const index = at - NUMBER_BYTES + i;
    datagram[index] = (datagram[index] ?? 0) ^ (mask[i + 1] ?? 0);
  }
  return datagram;
}
