/** @jsxImportSource hono/jsx */
import { renderPage } from "../http/mod.ts";

/** What went wrong, for a person. */
export function problemPage(
  problem: { readonly status: number; readonly title: string; readonly detail: string },
): string {
  return renderPage(
    `${problem.status} ${problem.title}`,
    <main>
      <h1>{problem.title}</h1>
      <p>{problem.detail}</p>
      <p class="soft">HTTP status {problem.status}</p>
    </main>,
  );
}
