import { parse as parseToml } from "smol-toml";
import type { z } from "zod";
import { conflictsIn } from "./config.ts";
import { didYouMean } from "./nearest.ts";
import {
  environmentOf,
  fileKeyOf,
  flagOf,
  SETTING_NAMES,
  type SettingName,
  SETTINGS,
  type Settings,
} from "./schema.ts";

/** Where a value came from, strongest first. */
export type Origin =
  | { readonly from: "flag" }
  | { readonly from: "environment" }
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "default" };

export interface ConfigSources {
  /** By setting name, as the argument parser gives them: text, texts of a repeated flag, true. */
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file that --config names, already read. */
  readonly file?: { readonly path: string; readonly text: string };
}

export interface ParsedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/** What is wrong, one sentence each, in the order of the settings. */
export interface ConfigFaults {
  readonly faults: readonly string[];
}

/** A file beyond this is no hand-written configuration. */
export const CONFIG_BYTES_MAX = 65_536;

/** Joins flags, environment and file (flag > environment > file > default) into settings, and says
 * where each came from. Every fault is reported at once, not the first alone. */
export function parseSettings(sources: ConfigSources): ParsedSettings | ConfigFaults {
  const file = readFile(sources.file);
  if ("faults" in file) return file;
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins = {} as Record<SettingName, Origin>;
  for (const name of SETTING_NAMES) {
    const [value, origin] = pick(name, sources, file.values);
    origins[name] = origin;
    if (value !== undefined) values[name] = value;
  }
  const result = SETTINGS.safeParse(values);
  if (!result.success) return { faults: faultsOf(result.error, values, origins) };
  const settings = Object.freeze(result.data);
  const conflicts = conflictsIn(settings);
  return conflicts.length > 0 ? { faults: conflicts } : { settings, origins };
}

/** The path of the settings file, which has to be known before the rest can be parsed. */
export function configPath(sources: Omit<ConfigSources, "file">): string | undefined {
  const path = sources.flags.config ?? fromEnvironment("config", sources);
  return typeof path === "string" && path !== "" ? path : undefined;
}

/** An empty variable counts as unset, as most shells and service files leave it. */
function fromEnvironment(
  name: SettingName,
  sources: Omit<ConfigSources, "file">,
): string | undefined {
  const value = sources.environment[environmentOf(name)];
  return value === "" ? undefined : value;
}

type FileValues = ReadonlyMap<SettingName, unknown>;

function pick(name: SettingName, sources: ConfigSources, file: FileValues): [unknown, Origin] {
  const flag = sources.flags[name];
  if (flag !== undefined) return [flag, { from: "flag" }];
  const variable = fromEnvironment(name, sources);
  if (variable !== undefined) return [variable, { from: "environment" }];
  const key = file.get(name);
  if (key !== undefined && sources.file !== undefined) {
    return [key, { from: "file", path: sources.file.path }];
  }
  return [undefined, { from: "default" }];
}

const KEYS = SETTING_NAMES.filter((name) => name !== "config");

function readFile(file: ConfigSources["file"]): { values: FileValues } | ConfigFaults {
  const values = new Map<SettingName, unknown>();
  if (file === undefined) return { values };
  let table: Record<string, unknown>;
  try {
    table = parseToml(file.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { faults: [`${file.path} is not TOML: ${reason}`] };
  }
  const faults: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const name = KEYS.find((name) => fileKeyOf(name) === key);
    if (name !== undefined) values.set(name, value);
    else faults.push(`${file.path} has an unknown key ${JSON.stringify(key)}${hint(key)}`);
  }
  return faults.length > 0 ? { faults } : { values };
}

function hint(key: string): string {
  return didYouMean(key, KEYS.map(fileKeyOf), (name) => JSON.stringify(name));
}

/** The setting as its giver wrote it: the flag, the variable or the key in the file. */
export function describeOrigin(name: SettingName, origin: Origin): string {
  switch (origin.from) {
    case "flag":
      return flagOf(name);
    case "environment":
      return environmentOf(name);
    case "file":
      return `${fileKeyOf(name)} in ${origin.path}`;
    case "default":
      return "default";
  }
}

function faultsOf(
  error: z.ZodError,
  values: Partial<Record<SettingName, unknown>>,
  origins: Readonly<Record<SettingName, Origin>>,
): string[] {
  return error.issues.map((issue) => {
    const [name, index] = issue.path as [SettingName, number?];
    const whole = values[name];
    const value = index !== undefined && Array.isArray(whole) ? whole[index] : whole;
    return `${describeOrigin(name, origins[name])}: ${quote(value)} ${issue.message}`;
  });
}

const QUOTED_CHARACTERS_MAX = 200;

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > QUOTED_CHARACTERS_MAX ? `${text.slice(0, QUOTED_CHARACTERS_MAX)}…` : text;
}
