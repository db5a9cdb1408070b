import { firstNamed, mostWanted, wantedBy } from "../../../src/http/accept.ts";
import { expect, test } from "../../support/harness.ts";

const JSON_TYPE = "application/json";
const HTML = "text/html";
const PLAIN = "text/plain";
const OFFERS = [JSON_TYPE, PLAIN, HTML] as const;
const of = (accept: string | undefined) => mostWanted(accept, OFFERS);

test("who says nothing takes the first offer, who names none of them gets none", () => {
  expect([of(undefined), of(""), of(" "), of("*/*")]).toEqual(Array(4).fill(JSON_TYPE));
  expect([of("image/png"), of("image/*"), of(",")]).toEqual([undefined, undefined, undefined]);
});

test("the greater weight wins, then the more exact name, then the first one", () => {
  expect(of("application/json;q=0.4, text/html;q=0.5")).toBe(HTML);
  expect(of("text/html,application/xhtml+xml,*/*;q=0.8")).toBe(HTML);
  expect(of("*/*, text/html")).toBe(HTML);
  expect(of("text/html, application/json")).toBe(HTML);
  expect(of("application/json, text/html")).toBe(JSON_TYPE);
  expect(of("application/json, text/plain, */*")).toBe(JSON_TYPE);
  expect(of("text/*")).toBe(PLAIN);
});

test("what the field itself puts first", () => {
  expect(firstNamed("a/b;q=0.2, C/*;q=0.3, d/e;q=0.3")).toBe("c/*");
  expect([firstNamed(undefined), firstNamed("a/b;q=0")]).toEqual([undefined, undefined]);
});

test("q=0 is not acceptable, and the most exact range says the weight", () => {
  expect(of("text/html;q=0")).toBeUndefined();
  expect(of("text/html;q=0.000, text/*;q=0.5")).toBe(PLAIN);
  expect(of("application/json;q=0, */*;q=0.1")).toBe(PLAIN);
  expect(of("*/*, application/json; q=0.1, TEXT/HTML;level=1;Q=0.2, text/plain;q=0")).toBe(HTML);
  expect(wantedBy("text/*;q=0.3, text/html;q=0.7, */*;q=0.5")(HTML).weight).toBe(0.7);
});

test("what is no range or no weight is passed over, and a long field is read no further", () => {
  for (const weight of ["2", "-1", "0.1234", "1.001", "x", "", "1e-1", "0x1"]) {
    expect([weight, of(`text/html;q=${weight}`)]).toEqual([weight, undefined]);
  }
  expect(of(`${"a/b,".repeat(40)}text/html`)).toBeUndefined();
  const startedAt = performance.now();
  for (const unit of [",", ";", "a/b;q=0;", " ", "*/*;q=1,", '"']) of(unit.repeat(16_384));
  expect(performance.now() - startedAt).toBeLessThan(500);
});
