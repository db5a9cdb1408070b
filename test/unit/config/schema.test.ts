import {
  aboutSetting,
  environmentOf,
  fileKeyOf,
  flagOf,
  isList,
  SETTING_NAMES,
  SETTINGS,
} from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("every setting has a text, a flag, a variable and a key of its own", () => {
  for (const  of of[flagOf, environmentOf, fileKeyOf]) {
    expect(new Set(SETTING_NAMES.map(of)).size).toBe(SETTING_NAMES.length);
  }
  for (const name of SETTING_NAMES) {
    const about = aboutSetting(name);
    expect(about.help.length).toBeGreaterThan(10);
    expect(about.defaultText).not.toBe("");
  }
  expect(flagOf("storeBytes")).toBe("--store-bytes");
  expect(environmentOf("storeBytes")).toBe("SKERRY_STORE_BYTES");
  expect(fileKeyOf("gatewayHost")).toBe("gateway-host");
});

test("isList() is true for exactly the settings whose default is a list", () => {
  const defaults: Record<string, unknown> = SETTINGS.parse({});
  for (const name of SETTING_NAMES) expect(isList(name)).toBe(Array.isArray(defaults[name]));
});
