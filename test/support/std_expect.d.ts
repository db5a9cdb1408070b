/** Types of deno-std's expect, which ships none: the matchers that the tests use. */
interface Matchers<R> {
  readonly not: Matchers<R>;
  toBe(expected: unknown): R;
  toEqual(expected: unknown): R;
  toMatchObject(expected: object): R;
  toBeUndefined(): R;
  toBeDefined(): R;
  toBeNull(): R;
  toBeTruthy(): R;
  toBeFalsy(): R;
  toBeGreaterThan(bound: number | bigint): R;
  toBeGreaterThanOrEqual(bound: number | bigint): R;
  toBeLessThan(bound: number | bigint): R;
  toBeLessThanOrEqual(bound: number | bigint): R;
  toBeCloseTo(expected: number, digits?: number): R;
  toBeInstanceOf(expected: abstract new (...parameters: never[]) => unknown): R;
  toContain(item: unknown): R;
  toContainEqual(item: unknown): R;
  toHaveLength(length: number): R;
  toMatch(pattern: RegExp | string): R;
  toStartWith(start: string): R;
  toEndWith(end: string): R;
  toThrow(expected?: unknown): R;
}

interface Expectation extends Matchers<void> {
  readonly not: Matchers<void>;
  readonly resolves: Matchers<Promise<void>>;
  readonly rejects: Matchers<Promise<void>>;
}

type Tester = (a: unknown, b: unknown) => boolean | undefined;
type Matcher = (
  context: { readonly value: unknown },
  expected: unknown,
) => { pass: boolean; message: () => string };

export const expect: {
  (actual: unknown, message?: string): Expectation;
  addEqualityTesters(testers: readonly Tester[]): void;
  extend(matchers: Readonly<Record<string, Matcher>>): void;
};
