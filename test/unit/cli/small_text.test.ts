import { readSmallText } from "../../../src/cli/small_text.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("a text is read up to its bound; all else is refused with flag, path and rule", async () => {
  const fixture = new CliFixture();
  const read = () =>
    readSmallText(
      { flag: "--x", path: "/x", kind: "client", bytesMax: 4 },
      fixture.doors.localFiles,
    );
  await fixture.files.replace("/x", utf8("text"));
  expect(await read()).toBe("text");
  await fixture.files.replace("/x", utf8("texts"));
  await expect(read()).rejects.toThrow("--x /x has 5 bytes, more than the 4 of any client file");
  await fixture.files.replace("/x", Uint8Array.of(0xff));
  await expect(read()).rejects.toThrow("--x /x is not client: it is no text");
});
