import { isOwnHost } from "../../../src/gateway/host_check.ts";
import { expect, test } from "../../support/harness.ts";

test("our names and those below pass, with any port; look-alikes do not", () => {
  const hosts = ["localhost", "127.0.0.1", "[::1]", "gw.example"];
  for (const own of ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "a.gw.example."]) {
    expect(isOwnHost(own, hosts)).toBe(true);
  }
  for (const own of ["[0:0:0:0:0:0:0:1]", "[0::1]:80", "[::ffff:127.0.0.1]", "localhost:"]) {
    expect([own, isOwnHost(own, hosts)]).toEqual([own, true]);
  }
  const foreign = [
    "evil.example",
    "notlocalhost",
    "gw.example.evil",
    "127.0.0.1.evil",
    "",
    "[::2]",
    "[localhost]",
    "[]",
    "[::ffff:192.0.2.1]",
  ];
  for (const host of [...foreign, ""]) expect(isOwnHost(host, hosts)).toBe(false);
});
