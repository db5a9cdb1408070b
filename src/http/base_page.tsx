/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";

/** Light and dark by the reader's choice, readable without either: text has a contrast of at least
 * 4.5 to 1 with what is behind it, borders of controls 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11). */
const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f23; --soft: #57606a; --line: #d8dee4; --paper: #fff;
  --raised: #f6f8fa; --link: #0a58ca; --on-link: #fff; --wrong: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --paper: #0d1117; --raised: #161b22;
    --link: #79b8ff; --on-link: #0d1117; --wrong: #ff9a92 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem;
  font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 2rem 0 .75rem }
main > p, section > p { max-width: 42rem; overflow-wrap: anywhere }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.id { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 600 }
td.name { overflow-wrap: anywhere; width: 100% }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .75rem 0 }
dt { color: var(--soft) }
dd { margin: 0 }
form { display: flex; gap: .5rem; flex-wrap: wrap; margin: 1.5rem 0; padding: 1rem;
  background: var(--raised); border: 1px solid var(--line); border-radius: .5rem }
form p { width: 100%; margin: 0; overflow-wrap: anywhere }
label { width: 100%; font-weight: 600 }
input, button { padding: .5rem .75rem; font: inherit; border: 1px solid var(--soft);
  border-radius: .3rem }
input { flex: 1 1 20rem; min-width: 0; color: inherit; background: var(--paper) }
input[aria-invalid] { border-color: var(--wrong) }
button { padding: .5rem 1.5rem; cursor: pointer; font-weight: 600; color: var(--on-link);
  background: var(--link); border-color: var(--link) }
nav.pages { margin-top: 1rem; display: flex; gap: 1.5rem }
.soft { color: var(--soft) }
.wrong { color: var(--wrong) }
.note { padding: .5rem .75rem; border-left: .25rem solid var(--soft); background: var(--raised) }
`.trim();

/** SHA-256 of STYLE, in base64: the only style that PAGE_POLICY lets in. A test compares them. */
const STYLE_HASH = "sha256-TDvhsHMEV9r3qVMQAMmzuLOYNa+3C2iXy/VoWDtYs8U=";

const ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath d='M1 12 5 5l3 4 2-3 5 6z' fill='%235b8db8'/%3E%3C/svg%3E";

/** The frame of every page. */
function BasePage({ title, head, children }: { title: string; head?: Child; children?: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="icon" href={ICON} />
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
        {head}
      </head>
      <body>{children}</body>
    </html>
  );
}

/** A whole HTML document. All text in `children` is escaped by the JSX runtime.
 * @param head more of the page's head. */
export function renderPage(title: string, children: Child, head?: Child): string {
  const page = <BasePage title={title} head={head}>{children}</BasePage>;
  return `<!doctype html>${page.toString()}`;
}

const policy = (style: string, more = ""): string =>
  `default-src 'none'; style-src '${STYLE_HASH}'${style}; ${more}img-src data:; ` +
  "base-uri 'none'; frame-ancestors 'none'";

const HERE_ONLY = "; form-action 'self'";

/** On every page of our own making: no script, no style but the one above, no frames, nothing from
 * elsewhere. */
export const PAGE_POLICY = policy("") + HERE_ONLY;

/** On a page with a form that leads wherever published content does: browsers hold each redirect
 * behind a form to `form-action`, and a link may lie on an origin of its own, whose site may send
 * its reader to any other. What the form sends is no secret. */
export const OPEN_FORM_PAGE_POLICY = policy("");

/** On a page that brings script and style in files of its own origin: the same, and those. */
export const SCRIPTED_PAGE_POLICY = policy(" 'self'", "script-src 'self'; connect-src 'self'; ") +
  HERE_ONLY;
