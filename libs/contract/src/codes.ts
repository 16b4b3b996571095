/** What a client may do after an error. `never`: give up; `same`: outcome unknown, send the same ref again; `later`: it did nothing, try again with a new ref. */
export type Retry = 'never' | 'same' | 'later';

type ErrorRow = { readonly status: number; readonly retry: Retry; readonly meaning: string };

/** protocol §2: every error code, its HTTP status, what to do, and what it means. The docs are made from this table. */
export const ERROR_CODES = {
  bad_frame: { status: 400, retry: 'never', meaning: 'The frame is not JSON, has an unknown type, or a field of the wrong type.' },
  bad_request: { status: 400, retry: 'never', meaning: 'The body, query or command data does not fit its schema.' },
  unauthenticated: { status: 401, retry: 'never', meaning: 'No valid credentials; log in.' },
  token_expired: { status: 401, retry: 'never', meaning: 'The access token has ended; refresh it.' },
  forbidden: { status: 403, retry: 'never', meaning: 'You may not do this here.' },
  not_found: { status: 404, retry: 'never', meaning: 'It does not exist, or not for you.' },
  conflict: { status: 409, retry: 'never', meaning: 'It contradicts the present state, for example it exists already.' },
  start_over: {
    status: 410,
    retry: 'never',
    meaning: 'The cursor belongs to another log or lies beyond its end; drop what you hold and sync without a cursor.',
  },
  stale_id: { status: 409, retry: 'never', meaning: 'The ref is too old to be remembered; its outcome is unknown here, look at the history.' },
  clock_skew: { status: 400, retry: 'later', meaning: 'The ref lies more than five minutes in the future; correct the clock.' },
  too_large: { status: 413, retry: 'never', meaning: 'A size limit is exceeded.' },
  rate_limited: { status: 429, retry: 'later', meaning: 'Too many requests; wait `after` milliseconds.' },
  unavailable: { status: 503, retry: 'later', meaning: 'It was surely not carried out; a part of the system is away.' },
  timeout: { status: 504, retry: 'same', meaning: 'It may have been carried out; send the same ref again.' },
  internal: { status: 500, retry: 'never', meaning: 'A defect on our side; nothing was changed.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What a client does after its socket was closed. */
type AfterClose = 'resume' | 'new_token' | 'stop';
type CloseRow = { readonly code: number; readonly next: AfterClose; readonly meaning: string };

/** protocol §2: every close code of the WebSocket and what the client does next. */
export const CLOSE_CODES = {
  unknown: { code: 4000, next: 'resume', meaning: 'The edge lost its place in the stream; reconnect and sync.' },
  drain: { code: 4001, next: 'resume', meaning: 'The edge is shutting down.' },
  slow_consumer: { code: 4008, next: 'resume', meaning: 'The client did not read fast enough.' },
  heartbeat_missed: { code: 4009, next: 'resume', meaning: 'Two heartbeats were missed.' },
  token_expired: { code: 4101, next: 'new_token', meaning: 'The access token ended and no fresh one was sent.' },
  session_replaced: { code: 4103, next: 'new_token', meaning: 'The same session connected again elsewhere.' },
  session_revoked: { code: 4201, next: 'stop', meaning: 'The session was ended; log in again.' },
  account_disabled: { code: 4203, next: 'stop', meaning: 'The account is disabled.' },
  version_not_supported: { code: 4212, next: 'stop', meaning: 'This client speaks a version the server does not.' },
  origin_refused: { code: 4213, next: 'stop', meaning: "The page's origin is not on the allow list." },
  abuse: { code: 4229, next: 'stop', meaning: 'Limits were exceeded again and again.' },
} as const satisfies Record<string, CloseRow>;

export type CloseReason = keyof typeof CLOSE_CODES;
