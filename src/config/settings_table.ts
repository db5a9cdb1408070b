import {
  aboutSetting,
  environmentOf,
  fileKeyOf,
  flagOf,
  SETTING_NAMES,
  type SettingName,
} from "./schema.ts";

export const TABLE_BEGIN = "<!-- settings: generated from src/config/schema.ts -->";
export const TABLE_END = "<!-- end of settings -->";

/** The README's table of settings, in Markdown. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => `| ${cells(name).join(" | ")} |`);
  return [
    "| Flag | Environment | Key in the file | Default | What it is |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function cells(name: SettingName): string[] {
  const { help, placeholder, isPlaceholderOptional, defaultText } = aboutSetting(name);
  const value = isPlaceholderOptional === true ? `[${placeholder}]` : placeholder;
  const flag = placeholder === undefined ? flagOf(name) : `${flagOf(name)} ${value}`;
  const key = name === "config" ? "" : `\`${fileKeyOf(name)}\``;
  return [
    `\`${flag}\``,
    `\`${environmentOf(name)}\``,
    key,
    defaultText,
    help.replaceAll("|", "\\|"),
  ];
}

/** `document` with the text between the two markers replaced by the table; undefined if it does
 * not hold both markers in order. */
export function withSettingsTable(document: string): string | undefined {
  const begin = document.indexOf(TABLE_BEGIN);
  const end = document.indexOf(TABLE_END);
  if (begin < 0 || end < begin) return undefined;
  const head = document.slice(0, begin + TABLE_BEGIN.length);
  return `${head}\n${settingsTable()}\n${document.slice(end)}`;
}
