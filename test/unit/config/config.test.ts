import {
  completeConfig,
  conflictsIn,
  defaultStoreBytes,
  drawUdpPort,
  SETTINGS,
} from "../../../src/config/mod.ts";
import { NETWORK_NAMES, networkOf, parseNodeUri } from "../../../src/identity/mod.ts";
import { expect, test } from "../../support/harness.ts";

const kept = { udpPort: 31_337, storeBytes: 12_345_678 };

test("the kept defaults fill in what nobody set", () => {
  const config = completeConfig(SETTINGS.parse({}), "/d", kept);
  expect(config.udp).toEqual({ ip: "::", port: 31_337 });
  expect(config.storeBytes).toBe(12_345_678);
  expect(config.serve).toBe("open");
  expect(Object.isFrozen(config)).toBe(true);
});

test("what was set wins; port 0 stands for the kept port", () => {
  const settings = SETTINGS.parse({ udp: "127.0.0.1:0", storeBytes: "1GiB", serve: "own" });
  const config = completeConfig(settings, "/d", kept);
  expect(config.udp).toEqual({ ip: "127.0.0.1", port: 31_337 });
  expect(config.storeBytes).toBe(2 ** 30);
  expect(config.congestionControl).toBe("cubic");
  const fixed = completeConfig(SETTINGS.parse({ udp: "0.0.0.0:4000" }), "/d", kept);
  expect(fixed.udp.port).toBe(4000);
});

test("lines are in force on main and not on dev, unless it is said otherwise", () => {
  const creditOf = (set: Parameters<typeof SETTINGS.parse>[0]) =>
    completeConfig(SETTINGS.parse(set), "/d", kept).credit;
  expect([creditOf({}), creditOf({ credit: "auto" }), creditOf({ network: "dev" })])
    .toEqual([true, true, false]);
  expect([creditOf({ credit: "off" }), creditOf({ credit: false })]).toEqual([false, false]);
  expect([creditOf({ network: "dev", credit: "on" }), creditOf({ network: "dev", credit: true })])
    .toEqual([true, true]);
  expect(SETTINGS.safeParse({ credit: "perhaps" }).success).toBe(false);
});

test("a node searches for a rank where lines depend on it, unless it is told another duty", () => {
  const dutyOf = (set: Parameters<typeof SETTINGS.parse>[0]) =>
    completeConfig(SETTINGS.parse(set), "/d", kept).mineDuty;
  expect([dutyOf({}), dutyOf({ mineDuty: "0" }), dutyOf({ mineDuty: 35 })]).toEqual([10, 0, 35]);
  expect(dutyOf({ network: "dev" })).toBe(0);
  expect(dutyOf({ network: "dev", credit: true })).toBe(10);
  expect(SETTINGS.safeParse({ mineDuty: "101" }).success).toBe(false);
});

test("the congestion controller can be chosen by name", () => {
  const settings = SETTINGS.parse({ congestionControl: "bbr_lite" });
  expect(completeConfig(settings, "/d", kept).congestionControl).toBe("bbr_lite");
  expect(SETTINGS.safeParse({ congestionControl: "reno" }).success).toBe(false);
});

test("a network's seeds are node URIs and serve where no bootstrap is given", () => {
  for (const name of NETWORK_NAMES) {
    for (const seed of networkOf(name).seeds) expect("fault" in parseNodeUri(seed)).toBe(false);
    const config = completeConfig(SETTINGS.parse({ network: name }), "/d", kept);
    expect(config.bootstrap.length).toBe(networkOf(name).seeds.length);
  }
});

test("the default store is the smaller of 10 GiB and a tenth of free disk", () => {
  expect(defaultStoreBytes(2 ** 40)).toBe(10 * 2 ** 30);
  expect(defaultStoreBytes(1005)).toBe(100);
  expect(defaultStoreBytes(0)).toBe(0);
});

test("the drawn port lies in 1025 … 65535", () => {
  expect(drawUdpPort(() => 0)).toBe(1025);
  expect(drawUdpPort((bound) => bound - 1)).toBe(65_535);
});

test("a public bind wants a policy, the admin API wants loopback, an allowlist wants ids", () => {
  const conflicts = (values: object): string => conflictsIn(SETTINGS.parse(values)).join("\n");
  expect(conflicts({})).toBe("");
  expect(conflicts({ http: "0.0.0.0:80" })).toContain("--serve open, allowlist or own");
  expect(conflicts({ http: "[::]:80", serve: "own" })).toBe("");
  expect(conflicts({ admin: "0.0.0.0:80" })).toContain("loopback");
  expect(conflicts({ serve: "allowlist" })).toContain("--allow");
  expect(conflicts({ tlsCert: "/c" })).toContain("--tls-cert needs --tls-key");
  expect(conflicts({ tlsKey: "/k" })).toContain("--tls-key needs --tls-cert");
  expect(conflicts({ tlsCert: "/c", tlsKey: "/k" })).toBe("");
  expect(conflicts({ tlsCert: "/c", tlsKey: "/k", http3: true })).toBe("");
  expect(conflicts({ http3: true })).toContain("--http3 needs --tls-cert and --tls-key");
  expect(conflicts({ serve: "allowlist", allow: ["a".repeat(40)] })).toBe("");
});

test("--sell-disk is a part of --store-bytes, which is as much at least by default", () => {
  const sellDisk = 100 * 2 ** 30;
  expect(completeConfig(SETTINGS.parse({ sellDisk: "100GiB" }), "/d", kept)).toMatchObject({
    sellDisk,
    storeBytes: sellDisk,
  });
  const both = SETTINGS.parse({ sellDisk: "20GiB", storeBytes: "10GiB" });
  expect(conflictsIn(both).join()).toContain("--sell-disk 20GiB is more than --store-bytes 10GiB");
  expect(conflictsIn(SETTINGS.parse({ sellDisk: "10GiB", storeBytes: "10GiB" }))).toEqual([]);
});

test("--contact is an e-mail address or a URL, and no other scheme", () => {
  const read = (contact: string) => SETTINGS.safeParse({ contact }).data?.contact;
  expect(read("abuse@gw.example")).toBe("abuse@gw.example");
  expect(read("https://gw.example/abuse")).toBe("https://gw.example/abuse");
  const wrong = ["", "me", "a@b@c", "javascript:alert(1)", "mailto:a@b", "a b@c", "ftp://a@b/c"];
  for (const text of [...wrong, `a@${"b".repeat(300)}`]) {
    expect([text, read(text)]).toEqual([text, undefined]);
  }
});

test("--sell-up is a rate of 64 kbit/s at least", () => {
  expect(SETTINGS.parse({ sellUp: "20mbit" }).sellUp).toBe(2_500_000);
  expect(SETTINGS.safeParse({ sellUp: "63kbit" }).success).toBe(false);
});

test("credit is sold at a rate and in one way: by hand or by a program", () => {
  const conflicts = (values: object): string => conflictsIn(SETTINGS.parse(values)).join("\n");
  const [payRate, payTo, payHook] = ["1MiB/sat", "the bank", "/hook"];
  expect(conflicts({ payRate, payTo })).toBe("");
  expect(conflicts({ payRate, payHook })).toBe("");
  expect(conflicts({ payRate })).toContain("--pay-rate needs --pay-to TEXT");
  expect(conflicts({ payRate, payTo, payHook })).toContain("choose one");
  expect(conflicts({ payTo })).toContain("--pay-to needs --pay-rate");
  expect(conflicts({ payHook })).toContain("--pay-hook needs --pay-rate");
  const config = completeConfig(SETTINGS.parse({ payRate, payTo }), "/d", kept);
  expect([config.payRate?.cbPerUnit, config.payTo]).toEqual([1_048_576n, "the bank"]);
  for (const wrong of [{ payRate: "1MiB" }, { payTo: "" }, { payTo: "a\nb" }]) {
    expect(SETTINGS.safeParse(wrong).success).toBe(false);
  }
  expect(SETTINGS.safeParse({ payTo: "ä".repeat(513) }).success).toBe(false); // in bytes
});

test("workers speak no TLS, and the two together are refused", () => {
  const pair = { tlsCert: "/c", tlsKey: "/k" };
  const found = (set: object): string[] => conflictsIn(SETTINGS.parse(set));
  expect(found({ ...pair, httpWorkers: "2" })[0]).toContain("--http-workers 2 and --tls-cert");
  expect([found({ httpWorkers: "2" }), found({ ...pair, httpWorkers: "0" })]).toEqual([[], []]);
  expect(SETTINGS.safeParse({ httpWorkers: "65" }).success).toBe(false);
});
