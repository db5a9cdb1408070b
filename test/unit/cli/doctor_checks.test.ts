import { openFilesNeeded } from "../../../src/cli/open_files.ts";
import { HTTP_LIMITS } from "../../../src/runtime/shared/http_limits.ts";
import {
  type Check,
  checkCertificate,
  checkClock,
  checkDenylist,
  checkDisk,
  checkOpenFiles,
  checkPrivate,
  checkReachability,
  checkUdpBuffers,
} from "../../../src/cli/doctor_checks.ts";
import { expect, test } from "../../support/harness.ts";

const MiB = 2 ** 20;
const facts = {
  openFilesMax: 1024,
  receiveBufferBytesMax: 212_992,
  sendBufferBytesMax: 212_992,
  isClockSynchronised: undefined,
  processors: 2,
  memoryBytes: 2 ** 33,
};
const now = Date.UTC(2027, 5, 1);

function expectCheck(check: Check, result: Check["result"], part: string): void {
  expect(check.result).toBe(result);
  expect(check.found + (check.advice ?? "")).toContain(part);
  expect(check.advice === undefined).toBe(check.result === "ok");
}

test("the denylist", () => {
  const inForce = { rules: 4, files: [], loadedMs: 0, fault: undefined };
  expectCheck(checkDenylist(5, undefined, undefined), "ok", "5 rules");
  expectCheck(checkDenylist(5, undefined, inForce), "ok", "4 rules in force");
  expectCheck(checkDenylist(0, "line 3 is no rule", inForce), "failed", "line 3 is no rule");
  expectCheck(checkDenylist(0, "line 3", undefined), "failed", "does not start");
});

test("the clock", () => {
  expectCheck(checkClock(now, now - 1000, true), "ok", "2027-06-01T00:00:00Z");
  expectCheck(checkClock(now, undefined, undefined), "warning", "five minutes");
  expectCheck(checkClock(now, now + 600_000, true), "failed", "10 min before our own files");
  expectCheck(checkClock(now, now + 200_000, true), "ok", "");
  expectCheck(checkClock(Date.UTC(1970, 0, 2), undefined, true), "failed", "set the clock");
});

test("the disk", () => {
  expectCheck(checkDisk(20 * 2 ** 30, 2 ** 40, 10 * 2 ** 30, 0), "ok", "20.0 GiB free");
  expectCheck(checkDisk(5 * 2 ** 30, 2 ** 40, 10 * 2 ** 30, 2 ** 30), "warning", "free 4.00 GiB");
  expectCheck(checkDisk(5 * 2 ** 30, 2 ** 40, 10 * 2 ** 30, 6 * 2 ** 30), "ok", "");
  expectCheck(checkDisk(63 * MiB, 2 ** 40, 16 * MiB, 0), "failed", "64 MiB");
});

test("what should be private", () => {
  expectCheck(checkPrivate("identity", "/i", 0o600), "ok", "0600");
  expectCheck(checkPrivate("identity", "/i", undefined), "ok", "none yet");
  expectCheck(checkPrivate("identity", "/i", 0o644), "warning", "chmod go= /i");
});

test("UDP buffers: Linux reports twice the usable size", () => {
  expectCheck(checkUdpBuffers(16 * MiB, facts), "ok", "8.00 MiB");
  expectCheck(checkUdpBuffers(425_984, facts), "warning", "net.core.rmem_max=8388608");
  expectCheck(checkUdpBuffers(undefined, facts), "warning", "208 KiB");
  const silent = { ...facts, receiveBufferBytesMax: undefined };
  expectCheck(checkUdpBuffers(undefined, silent), "ok", "does not tell");
});

test("open files", () => {
  const check = (openFilesMax: number | undefined) =>
    checkOpenFiles({ ...facts, openFilesMax }, HTTP_LIMITS);
  const needed = openFilesNeeded(HTTP_LIMITS);
  for (const few of [1024, 8192, needed - 1]) {
    expectCheck(check(few), "warning", "LimitNOFILE=65536");
    expectCheck(check(few), "warning", `16384 clients, the most there may be, take ${needed}`);
  }
  expectCheck(check(needed), "ok", String(needed));
  expectCheck(check(undefined), "ok", "does not tell");
});

test("reachability", () => {
  expectCheck(checkReachability("public", 3, "4000"), "ok", "3 peers");
  expectCheck(checkReachability("nated", 1, "4000"), "warning", "UDP port 4000");
  expectCheck(checkReachability("unknown", 1, "4000"), "warning", "1 peer");
  expectCheck(checkReachability("unknown", 0, "4000"), "warning", "--bootstrap");
});

test("a certificate", () => {
  const day = 86_400_000;
  const facts = { names: ["a.example"], notBeforeMs: now - day, expiresMs: now + 60 * day };
  const about = (given: Partial<typeof facts>): Check =>
    checkCertificate("/c.pem", { ...facts, ...given }, now);
  expectCheck(about({}), "ok", "/c.pem is for a.example, until 2027-07-31");
  expectCheck(about({ expiresMs: now + 36 * 3_600_000 }), "warning", "1 day left");
  expectCheck(about({ expiresMs: now }), "failed", "it has expired");
  expectCheck(about({ notBeforeMs: now + day }), "failed", "not before 2027-06-02");
});
