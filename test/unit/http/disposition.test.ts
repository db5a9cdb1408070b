import fc from "fast-check";
import { contentDisposition, safeFileName } from "../../../src/http/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("an ASCII name stands alone, any other gets a fallback and its UTF-8 form", () => {
  expect(contentDisposition("inline")).toBe("inline");
  expect(contentDisposition("attachment", "foobar.bin")).toBe('attachment; filename="foobar.bin"');
  expect(contentDisposition("inline", "testтест.tar")).toBe(
    "inline; filename=\"test____.tar\"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.tar",
  );
  expect(contentDisposition("inline", "it's 5%.txt")).toBe(
    "inline; filename=\"it's 5%.txt\"; filename*=UTF-8''it%27s%205%25.txt",
  );
});

test("what could leave the header or a folder is taken out", () => {
  expect(safeFileName('a"b\r\nSet-Cookie: x\0')).toBe("abSet-Cookie: x");
  expect(safeFileName("../../etc/passwd")).toBe("....etcpasswd");
  expect(safeFileName("exe\u202Egpj.txt")).toBe("exegpj.txt");
  expect(safeFileName("..")).toBeUndefined();
  expect(safeFileName("\\/")).toBeUndefined();
  expect(safeFileName("x".repeat(999))?.length).toBe(255);
});

test("law: any name makes a header value of visible ASCII with balanced quotes", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => {
    const value = contentDisposition("attachment", name);
    expect(value).toMatch(/^attachment(; filename="[^"\\]*"(; filename\*=UTF-8''[^"' ]*)?)?$/);
    expect(value).toMatch(/^[\x20-\x7e]*$/);
  }));
});
