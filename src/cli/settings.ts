import {
  CONFIG_BYTES_MAX,
  configPath,
  environmentOf,
  type Origin,
  parseSettings,
  type SettingName,
  type Settings,
} from "../config/mod.ts";
import { fromUtf8, SkerryError } from "../lib/mod.ts";
import type { LocalFiles } from "../ports/mod.ts";
import type { SettingFlags } from "./args.ts";
import type { CliHost } from "./host.ts";

export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** Absolute. */
  readonly dataDir: string;
}

type Place = Pick<CliHost, "environment" | "cwd">;

/** Joins flags, environment and the file that --config names.
 * @throws {SkerryError} INVALID_CONFIG, one sentence per line; FILE_UNREADABLE. */
export async function loadSettings(
  flags: SettingFlags,
  { environment, cwd }: Place,
  localFiles: LocalFiles,
): Promise<LoadedSettings> {
  const path = configPath({ flags, environment });
  const file = path === undefined
    ? {}
    : { file: { path, text: await readConfig(absolute(path, cwd), localFiles) } };
  const parsed = parseSettings({ flags, environment, ...file });
  if ("faults" in parsed) throw new SkerryError("INVALID_CONFIG", parsed.faults.join("\n"));
  const dataDir = absolute(parsed.settings.data ?? defaultDataDir(environment), cwd);
  const { denylist, clientFile, purgeTokenFile, tlsCert, tlsKey, payHook } = parsed.settings;
  const settings = Object.freeze({
    ...parsed.settings,
    denylist: denylist.map((path) => absolute(path, cwd)),
    clientFile: clientFile && absolute(clientFile, cwd),
    purgeTokenFile: purgeTokenFile && absolute(purgeTokenFile, cwd),
    tlsCert: tlsCert && absolute(tlsCert, cwd),
    tlsKey: tlsKey && absolute(tlsKey, cwd),
    payHook: payHook && absolute(payHook, cwd),
  });
  return { ...parsed, settings, dataDir };
}

/** Whether the answer is to be JSON, known before the settings are: errors need it too. */
export function wantsJson(flags: SettingFlags, environment: Place["environment"]): boolean {
  const variable = environment[environmentOf("json")] ?? "";
  return flags.json === true || /^(true|1|yes|on|y|enabled)$/i.test(variable);
}

/** A path as seen from the working directory. Its `..` are left to the system, which alone knows
 * where links lead. */
export function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd === "/" ? "" : cwd}/${path}`;
}

/** `$XDG_DATA_HOME/skerry`, else `~/.local/share/skerry` (XDG Base Directory Specification: a
 * relative XDG_DATA_HOME does not count). */
function defaultDataDir(environment: Place["environment"]): string {
  const base = environment["XDG_DATA_HOME"];
  if (base?.startsWith("/") === true) return `${base}/skerry`;
  const home = environment["HOME"] ?? "";
  if (home !== "") return `${home}/.local/share/skerry`;
  throw new SkerryError(
    "INVALID_CONFIG",
    "Cannot tell where to keep data, as neither XDG_DATA_HOME nor HOME is set: give --data DIR",
  );
}

async function readConfig(path: string, localFiles: LocalFiles): Promise<string> {
  const file = await localFiles.openRead(path);
  try {
    if (file.size > CONFIG_BYTES_MAX) {
      throw new SkerryError(
        "INVALID_CONFIG",
        `The settings file ${path} has ${file.size} bytes, more than ${CONFIG_BYTES_MAX}`,
      );
    }
    const bytes = new Uint8Array(file.size);
    const text = fromUtf8(bytes.subarray(0, await file.read(0, bytes)));
    if (text !== undefined) return text;
    throw new SkerryError("INVALID_CONFIG", `The settings file ${path} is not UTF-8 text`);
  } finally {
    await file.close();
  }
}
