import { fromHex, parseKey32, type PublicKey, SkerryError, toBase32 } from "../lib/mod.ts";
import type { Node, PutValueOptions } from "../node/mod.ts";
import type {
  PutValueAnswer,
  PutValueRequest,
  ValueAnswer,
  WithdrawValueAnswer,
  WithdrawValueRequest,
} from "./api.ts";
import { readJsonBody } from "./body.ts";
import { BadQuery, timeoutOf } from "./query.ts";

const SEQ_MAX = 2n ** 64n - 1n;

/** GET /v1/value/<public key>?salt= */
export async function getValue(node: Node, request: Request): Promise<ValueAnswer> {
  const url = new URL(request.url);
  const text = url.pathname.slice("/v1/value/".length);
  const publicKey = parseKey32(text);
  if (publicKey === undefined) {
    const rule = "is no public key: it has 52 characters of base32";
    throw new SkerryError("INVALID_ID", `${JSON.stringify(text.slice(0, 200))} ${rule}`);
  }
  const salt = fromHex(url.searchParams.get("salt") ?? "");
  if (salt === undefined) throw new BadQuery("?salt= takes hex digits");
  const options = { signal: request.signal, timeoutMs: timeoutOf(url.searchParams) };
  const found = await node.getValue(publicKey as PublicKey, salt, options);
  return {
    ...found,
    publicKey: toBase32(found.publicKey),
    salt: found.salt.toBase64(),
    seq: String(found.seq),
    value: found.value.toBase64(),
  };
}

/** POST /v1/value */
export async function putValue(node: Node, request: Request): Promise<PutValueAnswer> {
  const body: Partial<Record<keyof PutValueRequest, unknown>> = await readJsonBody(request);
  const value = bytesOf("value", body.value);
  if (value === undefined) throw new BadQuery('"value" must be base64, and is missing');
  const options: PutValueOptions = {
    ...given("salt", bytesOf("salt", body.salt)),
    ...given("ttlSeconds", numberOf("ttlSeconds", body.ttlSeconds)),
    ...given("lifetimeSeconds", numberOf("lifetimeSeconds", body.lifetimeSeconds)),
    ...given("seq", seqOf("seq", body.seq)),
    ...given("replaces", seqOf("replaces", body.replaces)),
    signal: request.signal,
    timeoutMs: timeoutOf(new URL(request.url).searchParams),
  };
  const { publicKey, seq, expiresMs, holders } = await node.putValue(value, options);
  return { publicKey: toBase32(publicKey), seq: String(seq), expiresMs, holders };
}

/** POST /v1/value/withdraw */
export async function withdrawValue(node: Node, request: Request): Promise<WithdrawValueAnswer> {
  const body: Partial<Record<keyof WithdrawValueRequest, unknown>> = await readJsonBody(request);
  const salt = bytesOf("salt", body.salt) ?? new Uint8Array();
  return { withdrawn: await node.withdrawValue(salt) };
}

function given<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: T };
}

function bytesOf(name: string, given: unknown): Uint8Array | undefined {
  if (given === undefined) return undefined;
  try {
    if (typeof given === "string") return Uint8Array.fromBase64(given);
  } catch {
    // falls through to the one sentence for all that is no base64
  }
  throw new BadQuery(`"${name}" must be base64, not ${shown(given)}`);
}

function numberOf(name: string, given: unknown): number | undefined {
  if (given === undefined || typeof given === "number") return given;
  throw new BadQuery(`"${name}" must be a number, not ${shown(given)}`);
}

function seqOf(name: string, given: unknown): bigint | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string" && /^[0-9]{1,20}$/.test(given) && BigInt(given) <= SEQ_MAX) {
    return BigInt(given);
  }
  throw new BadQuery(`"${name}" must be a text of digits below 2^64, not ${shown(given)}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
