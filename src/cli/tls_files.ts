import type { Config } from "../config/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { HttpServer, LocalFiles, Logger, TlsFacts, TlsPair } from "../ports/mod.ts";
import { FileWatch } from "./file_watch.ts";
import type { Doors } from "./host.ts";
import { readSmallText } from "./small_text.ts";

type TlsPaths = NonNullable<Config["tls"]>;
type TlsDoors = Pick<Doors, "clock" | "inspectTls" | "localFiles">;

/** A chain of certificates is a few KB; more is some other file. */
const PEM_BYTES_MAX = 256 * 1024;
const DAY_MS = 86_400_000;
/** Programs that renew certificates do so a month before the end: after that something is amiss. */
export const EXPIRY_WARNING_MS = 14 * DAY_MS;

export interface LoadedTls {
  readonly pair: TlsPair;
  readonly facts: TlsFacts;
}

/** Reads both files and makes sure that they belong together.
 * @throws {SkerryError} FILE_UNREADABLE or INVALID_CONFIG, naming the files, never what is in the
 * key's. */
export async function loadTls(
  paths: TlsPaths,
  { inspectTls, localFiles }: Pick<TlsDoors, "inspectTls" | "localFiles">,
): Promise<LoadedTls> {
  const certificate = await readPem("--tls-cert", paths.certPath, localFiles);
  const privateKey = await readPem("--tls-key", paths.keyPath, localFiles);
  const pair = { certificate, privateKey };
  try {
    return { pair, facts: inspectTls(pair) };
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const files = `--tls-cert ${paths.certPath}, --tls-key ${paths.keyPath}`;
    throw new SkerryError("INVALID_CONFIG", `${error.message}: ${files}`);
  }
}

const readPem = (flag: string, path: string, localFiles: LocalFiles): Promise<string> =>
  readSmallText({ flag, path, kind: "PEM", bytesMax: PEM_BYTES_MAX }, localFiles);

/** Hands a server the pair whenever the files hold another one. A pair that cannot be used is told
 * once, and the old one stays: half of it may be written still. */
export class TlsWatch extends FileWatch<LoadedTls> {
  constructor(
    paths: TlsPaths,
    loaded: LoadedTls,
    server: Pick<HttpServer, "useTls">,
    doors: TlsDoors,
    logger: Logger,
  ) {
    super(
      {
        load: () => loadTls(paths, doors),
        keyOf: ({ pair }) => `${pair.certificate}\0${pair.privateKey}`,
        use: ({ pair }) => server.useTls(pair),
        tell: ({ facts }) => tellOf(facts, doors, logger),
        notTaken: (message) => logger.log("warn", "tls_not_renewed", { message }),
      },
      loaded,
      doors.clock,
    );
  }
}

function tellOf({ names, expiresMs }: TlsFacts, { clock }: TlsDoors, logger: Logger): void {
  const isLate = expiresMs < clock.unixMs() + EXPIRY_WARNING_MS;
  const expires = new Date(expiresMs).toISOString();
  logger.log(isLate ? "warn" : "info", "tls_certificate", { names: names.join(" "), expires });
}
