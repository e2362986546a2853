/** One change to one asset, as a person is to see it. */
export interface Change {
  /** The operation that asks for it. */
  operation: string;
  /** What it touches. */
  asset: { deployment: string; kind: string; id?: string; name: string };
  /** What it does to it, such as `create` or `delete`. */
  action: string;
  /** One line for a person. */
  summary: string;
  /** What is there now. */
  before: unknown;
  /** What will be there. */
  after: unknown;
  /** What else to know before approving. */
  notes?: string[];
  /** Whether it can be taken back, and how. */
  undo: { undo: "yes" | "partly" | "no"; how: string };
  /** How much care it asks for. */
  risk: "low" | "normal" | "high";
}
