/** Types of the three @std/encoding modules used; the npm build of the package ships none. */
declare module "@std/encoding/hex" {
  export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;
  /** @throws {TypeError} on an odd length or a character outside 0-9, a-f, A-F. */
  export function decodeHex(src: string): Uint8Array<ArrayBuffer>;
}
declare module "@std/encoding/base32" {
  export function encodeBase32(data: string | Uint8Array | ArrayBuffer): string;
  /** @throws {Error} on a character outside the alphabet or wrong padding. */
  export function decodeBase32(b32: string): Uint8Array<ArrayBuffer>;
}
declare module "@std/encoding/base64" {
  export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string;
  /** @throws {Error} on a character outside the alphabet or wrong padding. */
  export function decodeBase64(b64: string): Uint8Array<ArrayBuffer>;
}
