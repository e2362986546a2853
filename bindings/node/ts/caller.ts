import type { Change } from "./change.js";

/** Gets the changes; answers `true` to make exactly those. Anything else makes none. */
export type Approve = (changes: Change[]) => boolean | Promise<boolean>;

/** Options of an operation that changes a deployment. */
export interface WriteOptions {
  /** Asks a person. Without it nothing is changed. */
  approve?: Approve;
}

/** What the domains of operations call. */
export interface Caller {
  read<T>(operation: string, args: object): Promise<T>;
  write<T>(operation: string, args: object, options?: WriteOptions): Promise<T>;
  /** The same deployment as the source, another as the target. */
  to(target: Caller): Caller;
}
