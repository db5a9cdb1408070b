import fc from "fast-check";
import { tarEnd, tarHead, tarPadding } from "../../../src/http/mod.ts";
import { concatBytes, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { readTar } from "../../support/read_tar.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((text) => text.isWellFormed() && !/[/\0]/.test(text));

test("law: what was put in comes out, whatever the names", () => {
  fc.assert(fc.property(fc.array(fc.tuple(name, name, fc.string({ maxLength: 1500 }))), (files) => {
    const parts = files.flatMap(([folder, file, text]) => {
      const contents = utf8(text.toWellFormed().replaceAll("\0", ""));
      const path = `${folder}/${file}`;
      const head = tarHead({ path, kind: "file", size: contents.length });
      return [head, contents, tarPadding(contents.length)];
    });
    const archive = concatBytes(...parts, tarEnd());
    expect(archive.length % 512).toBe(0);
    const expected = files.map(([folder, file, text]) => {
      return [`${folder}/${file}`, text.toWellFormed().replaceAll("\0", "")];
    });
    expect(readTar(archive).map(({ path, text }) => [path, text])).toEqual(expected);
  }));
});

test("a short plain name needs no extended header; a directory ends in a slash", () => {
  expect(tarHead({ path: "a", kind: "file", size: 1 }).length).toBe(512);
  const path = "b".repeat(99);
  expect(tarHead({ path, kind: "directory", size: 0 }).length).toBe(512);
  expect(tarHead({ path: `${path}b`, kind: "directory", size: 0 }).length).toBe(3 * 512);
  const archive = concatBytes(tarHead({ path, kind: "directory", size: 0 }), tarEnd());
  expect(readTar(archive)[0]?.path).toBe(`${path}/`);
});

test("a file of 8 GiB says its size in the extended header", () => {
  const head = tarHead({ path: "big", kind: "file", size: 2 ** 33 });
  expect(new TextDecoder().decode(head.subarray(512, 1024))).toStartWith("19 size=8589934592\n");
  expect(tarHead({ path: "big", kind: "file", size: 2 ** 33 - 1 }).length).toBe(512);
});

test("a record's length counts its own digits", () => {
  // 99 letters: 9 + 99 + 2 digits would be 110, of three digits, so 111.
  for (const letters of [86, 87, 88, 89, 90, 95, 985, 986, 987]) {
    const path = "ä" + "x".repeat(letters);
    const archive = concatBytes(tarHead({ path, kind: "file", size: 0 }), tarEnd());
    expect(readTar(archive)[0]?.path).toBe(path);
  }
});
