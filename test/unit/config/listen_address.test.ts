import { isLoopback, parseListenAddress } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("parseListenAddress() takes addresses and localhost", () => {
  expect(parseListenAddress("127.0.0.1:8080")).toEqual({ ip: "127.0.0.1", port: 8080 });
  expect(parseListenAddress("[::]:0")).toEqual({ ip: "::", port: 0 });
  expect(parseListenAddress("LocalHost:1")).toEqual({ ip: "127.0.0.1", port: 1 });
  for (
    const text of ["", "8080", ":8080", "::1:80", "example.org:80", "127.0.0.1", "[1.2.3.4]:5"]
  ) {
    expect(parseListenAddress(text)).toBeUndefined();
  }
});

test("isLoopback() knows all of 127/8 and ::1", () => {
  for (const ip of ["127.0.0.1", "127.9.8.7", "::1"]) expect(isLoopback(ip)).toBe(true);
  for (const ip of ["0.0.0.0", "::", "10.0.0.1", "1127.0.0.1"]) expect(isLoopback(ip)).toBe(false);
});
