import { buildInfoText } from "../../../src/admin/build_info.ts";
import { expect, test } from "../../support/harness.ts";

test("what a build says of itself is one sample, whose labels no value can break out of", () => {
  const text = buildInfoText({
    version: "1.2.3",
    commit: 'a"b\\c\nd',
    runtime: "bun 1.4.5",
    target: "linux-x64",
  });
  expect(text.split("\n")).toEqual([
    "# HELP skerry_build_info What program this is; always 1",
    "# TYPE skerry_build_info gauge",
    'skerry_build_info{version="1.2.3",commit="a_b_c_d",runtime="bun 1.4.5",target="linux-x64"} 1',
    "",
  ]);
});
