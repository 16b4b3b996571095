import { ERROR_CODES, type ErrorCode, type Retry } from '@clatter/contract';

/** The one base class of errors that carry a stable code. Anything else that is thrown is a defect. */
export class ClatterError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** ms: earliest time to try again */
  readonly after: number | undefined;

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown; readonly after?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ClatterError';
    this.code = code;
    this.retry = ERROR_CODES[code].retry;
    this.after = options.after;
  }
}
