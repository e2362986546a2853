import type { ErrorParts } from "./errors.js";

/** Something that could not be loaded, and why. */
export interface Missing {
  /** What is missing, such as `dashboard "Pipeline" (5f…)`. */
  what: string;
  /** Why it could not be loaded. */
  error: ErrorParts;
}

const lost = new WeakMap<object, Missing[]>();

/** What is missing from an answer. Empty when it is the whole. */
export function missing(result: unknown): Missing[] {
  return (typeof result === "object" && result !== null && lost.get(result)) || [];
}

/** The result in an outcome, with a warning when it is a part. */
export function decoded<T>(outcome: string): T {
  const parts = JSON.parse(outcome) as { result: T; missing?: Missing[] };
  const gone = parts.missing ?? [];
  if (gone.length > 0) {
    if (typeof parts.result === "object" && parts.result !== null) lost.set(parts.result, gone);
    const names = gone.slice(0, 3).map((entry) => entry.what).join(", ");
    const more = gone.length > 3 ? ` and ${gone.length - 3} more` : "";
    process.emitWarning(`the answer is a part; missing: ${names}${more}`, "PartialResultWarning");
  }
  return parts.result;
}
