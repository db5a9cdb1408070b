import type {
  PutValueAnswer,
  PutValueRequest,
  ValueAnswer,
  WithdrawValueAnswer,
} from "../admin/mod.ts";
import {
  fromUtf8,
  parseKey32,
  parseMetaId,
  SkerryError,
  toBase32,
  toHex,
  utf8,
} from "../lib/mod.ts";
import type { LocalFiles } from "../ports/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { absolute, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { formatPairs, printable } from "./table.ts";

type PutCommand = Extract<Request, { command: "put-value" }>;

/** A file is read no further than the node would take it, and a byte more to tell. */
const READ_BYTES_MAX = 1001;

export async function runPutValue(
  { host, doors }: CommandContext,
  request: PutCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  checkSources(request);
  const client = await connectAdmin(dataDir, doors);
  const salt = utf8(request.salt).toBase64();
  if (request.withdraw) {
    const path = "/v1/value/withdraw";
    const answer = await interruptible(
      host,
      (signal) => client.postJson<WithdrawValueAnswer>(path, { salt }, signal),
    );
    if (settings.json) await printJson(host, answer);
    else await host.stdout.write(answer.withdrawn ? "withdrawn\n" : "there was none\n");
    return answer.withdrawn ? EXIT.done : EXIT.notFound;
  }
  const value = request.file === undefined
    ? utf8(request.value ?? "")
    : await readFile(absolute(request.file, host.cwd), doors.localFiles);
  const asked = askedOf(request, value, salt);
  const answer = await interruptible(
    host,
    (signal) => client.postJson<PutValueAnswer>("/v1/value", asked, signal),
  );
  const isName = request.salt === "" && leadsToContent(value);
  const url = isName ? `${client.node.gateway}/name/${answer.publicKey}/` : undefined;
  if (settings.json) await printJson(host, { ...answer, ...(url === undefined ? {} : { url }) });
  else await host.stdout.write(putText(answer, url));
  const link = request.salt === "" && url === undefined ? linkIn(value) : undefined;
  if (link !== undefined) {
    await host.stderr.write(
      `skerry: the value is an address, not a link, so /name/${answer.publicKey}/ leads nowhere; ` +
        `put ${link} for that\n`,
    );
  }
  return EXIT.done;
}

export async function runGetValue(
  { host, doors }: CommandContext,
  { publicKey, salt }: Extract<Request, { command: "get-value" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const key = parseKey32(publicKey);
  if (key === undefined) {
    const shown = JSON.stringify(publicKey.slice(0, 200));
    const rule = "is no public key: give its 52 characters, as skerry id shows them";
    throw new SkerryError("INVALID_ID", `${shown} ${rule}`);
  }
  const client = await connectAdmin(dataDir, doors);
  const query = salt === "" ? "" : `?salt=${toHex(utf8(salt))}`;
  const path = `/v1/value/${toBase32(key)}${query}`;
  const answer = await interruptible(
    host,
    (signal) => client.getJson<ValueAnswer>(path, signal),
  );
  const bytes = Uint8Array.fromBase64(answer.value);
  const text = fromUtf8(bytes);
  if (settings.json) await printJson(host, { ...answer, ...(text === undefined ? {} : { text }) });
  else if (text !== undefined && host.stdout.isTerminal) {
    await host.stdout.write(`${printable(text)}\n`); // a stranger's text may hold control codes
  } else await host.stdout.write(bytes);
  return EXIT.done;
}

function checkSources({ value, file, withdraw }: PutCommand): void {
  const given = [value !== undefined, file !== undefined, withdraw].filter((one) => one).length;
  if (value === "") { // a script's variable that was not set would take the name from what it names
    const why = "VALUE is empty: --withdraw ends the last one, --file puts an empty file";
    throw new SkerryError("INVALID_VALUE", why);
  }
  if (given === 1) return;
  const what = given === 0 ? "nothing to put" : "more than one thing to do";
  throw new SkerryError("INVALID_VALUE", `${what}: give VALUE, or --file, or --withdraw`);
}

/** Whether the gateway's /name/ can follow it: `<meta>[/path]` or `/file/<meta>[/path]`. */
function leadsToContent(value: Uint8Array): boolean {
  const text = fromUtf8(value)?.trim().replace(/^\/file\//, "") ?? "";
  return parseMetaId(text.split("/")[0] ?? "") !== undefined;
}

/** The link of content that a gateway's URL names, as `publish` prints one. */
function linkIn(value: Uint8Array): string | undefined {
  return /^https?:\/\/[^/\s]+\/file\/([a-z2-7]{52}|[0-9a-f]{40})(?=\/\S*$|$)/i
    .exec(fromUtf8(value)?.trim() ?? "")?.[1];
}

async function readFile(path: string, files: LocalFiles): Promise<Uint8Array> {
  const file = await files.openRead(path);
  try {
    const bytes = new Uint8Array(READ_BYTES_MAX);
    return bytes.subarray(0, await file.read(0, bytes));
  } finally {
    await file.close();
  }
}

function askedOf(request: PutCommand, value: Uint8Array, salt: string): PutValueRequest {
  const { ttlSeconds, lifetimeSeconds, seq, replaces } = request;
  return {
    value: value.toBase64(),
    salt,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(seq === undefined ? {} : { seq: String(seq) }),
    ...(replaces === undefined ? {} : { replaces: String(replaces) }),
  };
}

function putText({ publicKey, seq, holders }: PutValueAnswer, url: string | undefined): string {
  const others = holders === 1 ? "1 other node holds" : `${holders} other nodes hold`;
  return formatPairs([
    ["key", publicKey],
    ["seq", seq],
    ["record", `${others} it`],
    ...(url === undefined ? [] : [["url", url] as const]),
  ]);
}
