import type { Chromium } from "./chromium.ts";

/** What every page for people keeps, asked of a real browser that shows it. */
export interface PageReport {
  readonly scheme: "dark" | "light";
  /** Text whose contrast with what is behind it is below 4.5 to 1 (WCAG 2.2, 1.4.3). */
  readonly faint: readonly string[];
  /** Headings that show, from the top: levels, as "1 2 2 3". */
  readonly headings: string;
  readonly lang: string;
  /** Controls, links and pictures that a screen reader could not name. */
  readonly nameless: readonly string[];
  /** Whether nothing sticks out at the right. */
  readonly fits: boolean;
}

/** What the page looks like now to those laws. */
export async function pageReport(browser: Chromium): Promise<PageReport> {
  const seen = await browser.value<Omit<PageReport, "nameless">>(`(${look.toString()})()`);
  return { ...seen, nameless: await namelessOf(browser) };
}

/** What a page without fault reports, whatever its headings and its scheme. */
export const GOOD_PAGE: Omit<PageReport, "headings" | "scheme"> = {
  faint: [],
  lang: "en",
  nameless: [],
  fits: true,
};

/** Presses Tab until the focus has gone round. @returns each stop, and whether its focus shows. */
export async function tabStops(browser: Chromium): Promise<{ name: string; shows: boolean }[]> {
  // Tab goes on from what had the focus last, even if it was taken away: hand it to the body.
  await browser.value(
    "document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute('tabindex')",
  );
  const stops: { name: string; shows: boolean }[] = [];
  for (let i = 0; i < 100; i++) {
    await browser.press("Tab");
    const stop = await browser.value<{ name: string; shows: boolean } | null>(`(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return null;
      const style = getComputedStyle(at);
      const shows = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return { name: at.id || at.textContent.trim(), shows };
    })()`);
    if (stop === null || stop.name === stops[0]?.name) return stops;
    stops.push(stop);
  }
  return stops;
}

async function namelessOf(browser: Chromium): Promise<string[]> {
  const { nodes } = await browser.send("Accessibility.getFullAXTree");
  const needName = ["textbox", "button", "link", "image", "img", "progressbar", "table", "region"];
  return (nodes as AccessibleNode[])
    .filter(({ ignored, role }) => !ignored && needName.includes(role?.value ?? ""))
    .filter(({ role, name }) => role?.value !== "table" && (name?.value ?? "").trim() === "")
    .map(({ role }) => role?.value ?? "");
}

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** Runs in the page, so it may name nothing outside itself. */
function look(): Omit<PageReport, "nameless"> {
  const rgba = (text: string): number[] => (text.match(/[0-9.]+/g) ?? []).map(Number);
  const luminance = (color: number[]): number => {
    const [r = 0, g = 0, b = 0] = color.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const faint: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null) {
    const text = walker.currentNode.textContent?.trim() ?? "";
    const element = walker.currentNode.parentElement;
    if (text === "" || element === null || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(rgba(ink)), luminance(behind(element))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faint.push(text);
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter((heading) => heading.getClientRects().length > 0);
  return {
    scheme: luminance(behind(document.body)) < 0.2 ? "dark" : "light",
    faint,
    headings: headings.map(({ tagName }) => tagName.slice(1)).join(" "),
    lang: document.documentElement.lang,
    fits: document.documentElement.scrollWidth <= document.documentElement.clientWidth,
  };
}
