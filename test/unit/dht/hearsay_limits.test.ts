import { HearsayLimits } from "../../../src/dht/hearsay_limits.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ip: string, port = 4001) => ({ ip, port });

test("of one IP two are followed, of one /24 eight, of one /48 eight", () => {
  const limits = new HearsayLimits({ allowsPrivateAddresses: false });
  expect([1, 2, 3].map((port) => limits.admit(at("80.1.1.1", port)))).toEqual([true, true, false]);
  const others = [2, 3, 4, 5, 6, 7, 8, 9].map((host) => limits.admit(at(`80.1.1.${host}`)));
  expect(others.filter((isIn) => isIn)).toHaveLength(6);
  expect(limits.admit(at("80.1.2.1"))).toBe(true);
  const sixes = Array.from({ length: 10 }, (_, i) => limits.admit(at(`2a00:1450:1:${i}::1`)));
  expect(sixes.filter((isIn) => isIn)).toHaveLength(8);
});

test("on dev private addresses are not counted", () => {
  const limits = new HearsayLimits({ allowsPrivateAddresses: true });
  for (let port = 1; port < 50; port++) expect(limits.admit(at("127.0.0.1", port))).toBe(true);
});
