import { readFileSync } from "node:fs";
import type { TlsPair } from "../../src/ports/mod.ts";

/** Where they lie: `one_cert.pem`, `one_key.pem` and so on. */
export const TLS_VECTORS = new URL("../vectors/tls", import.meta.url).pathname;

const pair = (name: string): TlsPair => ({
  certificate: readFileSync(`${TLS_VECTORS}/${name}_cert.pem`, "utf8"),
  privateKey: readFileSync(`${TLS_VECTORS}/${name}_key.pem`, "utf8"),
});

/** Of one.example, and of two.example. */
export const ONE = pair("one");
export const TWO = pair("two");
