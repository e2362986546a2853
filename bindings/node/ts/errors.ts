import type { Change } from "./change.js";

/** The parts of an error. */
export interface ErrorParts {
  kind?: string;
  message?: string;
  operation?: string;
  asset?: string;
  endpoint?: string;
  status?: number;
  code?: number;
  attempts?: number;
  request_id?: string;
  snippet?: string;
  candidates?: string[];
  next_step?: string;
  retryable?: boolean;
  changes?: Change[];
  text?: string;
}

/** Anything that goes wrong in a call. The message never holds a token or a password. */
export class SisenseError extends Error {
  /** What went wrong, coarsely, such as `not_found`. */
  readonly kind: string;
  /** One sentence, without the context that `message` adds. */
  readonly plain: string;
  /** The operation's id. */
  readonly operation?: string;
  /** The asset, such as `group "Analysts"`. */
  readonly asset?: string;
  /** The method and path that was called. */
  readonly endpoint?: string;
  /** The HTTP status of the last answer. */
  readonly status?: number;
  /** Sisense's own number for the error. */
  readonly code?: number;
  /** How often the request was sent. */
  readonly attempts?: number;
  /** The request id that the server gave. */
  readonly requestId?: string;
  /** A redacted piece of the answer. */
  readonly snippet?: string;
  /** What fits, when the reference was ambiguous or nearly right. */
  readonly candidates: string[];
  /** What to do next. */
  readonly nextStep?: string;
  /** Whether the same request may be sent again later without harm. */
  readonly retryable: boolean;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    super(parts.text ?? parts.message ?? "unknown error", options);
    this.name = new.target.name;
    this.kind = parts.kind ?? "unexpected";
    this.plain = parts.message ?? this.message;
    this.operation = parts.operation;
    this.asset = parts.asset;
    this.endpoint = parts.endpoint;
    this.status = parts.status;
    this.code = parts.code;
    this.attempts = parts.attempts;
    this.requestId = parts.request_id;
    this.snippet = parts.snippet;
    this.candidates = parts.candidates ?? [];
    this.nextStep = parts.next_step;
    this.retryable = parts.retryable ?? false;
  }
}

/** The client was set up wrongly. */
export class ConfigError extends SisenseError {}
/** The arguments are not acceptable. */
export class InvalidInputError extends SisenseError {}
/** More than one asset fits the reference: see `candidates`. */
export class AmbiguousError extends SisenseError {}
/** The server does not know the caller (401). */
export class UnauthenticatedError extends SisenseError {}
/** The server knows the caller and refuses (403). */
export class ForbiddenError extends SisenseError {}
/** The asset is not there. */
export class NotFoundError extends SisenseError {}
/** The asset is there already, with other values. */
export class ConflictError extends SisenseError {}
/** The server asks to slow down (429), and did so until the retries ended. */
export class RateLimitedError extends SisenseError {}
/** No answer before the deadline. */
export class TimeoutError extends SisenseError {}
/** No connection, or one that broke. */
export class ConnectError extends SisenseError {}
/** The server failed (5xx). */
export class ServerError extends SisenseError {}
/** The answer is not what the contract says. */
export class DecodeError extends SisenseError {}
/** This deployment lacks the call, or the operation does not apply to this asset. */
export class UnsupportedError extends SisenseError {}
/** The caller stopped the run. */
export class CancelledError extends SisenseError {}
/** Nobody approved the changes, so none was made. */
export class NotApprovedError extends SisenseError {
  /** What would have been changed: the preview. */
  readonly changes: Change[];

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    super({ kind: "not_approved", ...parts }, options);
    this.changes = parts.changes ?? [];
  }
}
/** An asset changed between the preview and the write. */
export class DriftedError extends SisenseError {}
/** A write was sent and its outcome is not known. Look before repeating it. */
export class UnknownOutcomeError extends SisenseError {}
/** A bug or an impossible state. */
export class UnexpectedError extends SisenseError {}

/** The class of each kind. */
export const errorClasses: Readonly<Record<string, typeof SisenseError>> = {
  config: ConfigError,
  invalid_input: InvalidInputError,
  ambiguous: AmbiguousError,
  unauthenticated: UnauthenticatedError,
  forbidden: ForbiddenError,
  not_found: NotFoundError,
  conflict: ConflictError,
  rate_limited: RateLimitedError,
  timeout: TimeoutError,
  connect: ConnectError,
  server: ServerError,
  decode: DecodeError,
  unsupported: UnsupportedError,
  cancelled: CancelledError,
  not_approved: NotApprovedError,
  drifted: DriftedError,
  unknown_outcome: UnknownOutcomeError,
  unexpected: UnexpectedError,
};

/** The error for what the native half threw: its parts are JSON in the message. */
export function rebuilt(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  let parts: ErrorParts;
  try {
    parts = JSON.parse(thrown.message) as ErrorParts;
  } catch {
    return thrown;
  }
  if (typeof parts !== "object" || parts === null || typeof parts.kind !== "string") return thrown;
  const known = Object.hasOwn(errorClasses, parts.kind) ? errorClasses[parts.kind] : undefined;
  return new (known ?? SisenseError)(parts);
}
