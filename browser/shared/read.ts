// Reading what somebody else made: one known property at a time, nothing merged, nothing inherited.

export function own(from: unknown, key: string): unknown {
  return typeof from === "object" && from !== null && Object.hasOwn(from, key)
    ? (from as Record<string, unknown>)[key]
    : undefined;
}

export function text(from: unknown, key: string, longest: number): string {
  const value = own(from, key);
  return typeof value === "string" ? value.slice(0, longest) : "";
}

export function whole(from: unknown, key: string): number | undefined {
  const value = own(from, key);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

export function oneOf<T>(from: unknown, key: string, known: readonly T[]): T | undefined {
  const value = own(from, key);
  return known.find((one) => one === value);
}
