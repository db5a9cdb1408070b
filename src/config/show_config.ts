import { formatNodeUri } from "../identity/mod.ts";
import { formatAddress } from "../lib/mod.ts";
import type { Config, KeptDefaults } from "./config.ts";
import { describeOrigin, type ParsedSettings } from "./parse.ts";
import { formatPayRate } from "./pay_rate.ts";
import { fileKeyOf, SETTING_NAMES, type SettingName } from "./schema.ts";
import { exactRate } from "./rate.ts";
import { exactSize } from "./size.ts";

/** One row of --print-config. */
export interface ShownSetting {
  readonly name: string;
  /** As it would be written on the command line; empty where nothing is set. */
  readonly value: string;
  readonly from: string;
}

/** The settings as they apply, each with where it came from.
 * @param config of these settings. @param kept undefined before the first run, which draws it. */
export function showConfig(
  { settings, origins }: ParsedSettings,
  config: Config,
  kept: KeptDefaults | undefined,
): ShownSetting[] {
  const values: Record<SettingName, string> = {
    data: config.dataDir,
    config: settings.config ?? "",
    network: config.network,
    udp: udpText(config, kept),
    bootstrap: config.bootstrap.map(formatNodeUri).join(" "),
    http: formatAddress(config.http),
    httpWorkers: String(config.httpWorkers),
    drainWait: String(config.drainWait),
    tlsCert: settings.tlsCert ?? "",
    tlsKey: settings.tlsKey ?? "",
    http3: String(config.http3),
    serve: config.serve,
    allow: config.allow.join(" "),
    gatewayHost: config.gatewayHost ?? "",
    trustedProxy: config.trustedProxy.map((range) => `${range.ip}/${range.prefixBits}`).join(" "),
    clientFile: config.clientFile ?? "",
    readBudget: config.readBudget === undefined ? "" : exactSize(config.readBudget),
    publicStatus: String(config.publicStatus),
    contact: config.contact ?? "",
    denylist: config.denylist.join(" "),
    purgeUrl: config.purgeUrl ?? "",
    purgeTokenFile: config.purgeTokenFile ?? "",
    maxRangeFile: exactSize(config.maxRangeFile),
    storeBytes: exactSize(config.storeBytes),
    sellDisk: config.sellDisk === undefined ? "" : exactSize(config.sellDisk),
    sellUp: config.sellUp === undefined ? "" : exactRate(config.sellUp),
    sellRange: String(config.sellRange ?? ""),
    minPopularity: String(config.minPopularity ?? ""),
    replicas: String(config.replicas),
    replicaBytes: exactSize(config.replicaBytes),
    credit: config.credit ? "on" : "off",
    priceFloor: String(config.priceFloor),
    maxPrice: config.maxPrice === undefined ? "" : String(config.maxPrice),
    mineDuty: String(config.mineDuty),
    minRank: String(config.minRank),
    payRate: config.payRate === undefined ? "" : formatPayRate(config.payRate),
    payTo: config.payTo ?? "",
    payHook: config.payHook ?? "",
    congestionControl: config.congestionControl,
    admin: formatAddress(config.admin),
    logLevel: config.logLevel,
    json: String(settings.json),
  };
  return SETTING_NAMES.map((name) => {
    const origin = origins[name];
    const isKept = kept !== undefined && (name === "udp" || name === "storeBytes");
    const from = origin.from === "default" && isKept
      ? "default, kept from the first run"
      : describeOrigin(name, origin);
    return { name: fileKeyOf(name), value: values[name], from };
  });
}

function udpText({ udp }: Config, kept: KeptDefaults | undefined): string {
  if (udp.port !== 0 || kept !== undefined) return formatAddress(udp);
  return `${formatAddress(udp).slice(0, -1)}<chosen at the first run>`;
}
