/** One limit: its default, its unit, and what happens beyond it. docs/limits.md is made from such tables. */
export type LimitRow = { readonly value: number; readonly unit: string; readonly beyond: string };

/** Every limit that is part of the contract, with its default, unit and what happens beyond it. docs/limits.md is made of it. */
export const LIMITS = {
  frame: { value: 65_536, unit: 'bytes', beyond: 'closed 1009' },
  helloFrame: { value: 4_096, unit: 'bytes', beyond: 'closed 1009' },
  helloWithin: { value: 5_000, unit: 'ms', beyond: 'closed 4009' },
  inFlight: { value: 32, unit: 'commands per device', beyond: 'error rate_limited' },
  refSpan: { value: 64, unit: 'refs beyond the oldest unanswered', beyond: 'the client starts none' },
  windowRefs: { value: 64, unit: 'remembered refs per device and conversation', beyond: 'error stale_id' },
  refAge: { value: 30 * 86_400_000, unit: 'ms', beyond: 'error stale_id' },
  refAhead: { value: 300_000, unit: 'ms', beyond: 'error clock_skew' },
  text: { value: 16_384, unit: 'bytes of one message', beyond: 'error too_large' },
  title: { value: 128, unit: 'characters', beyond: 'error bad_request' },
  topic: { value: 1_024, unit: 'characters', beyond: 'error bad_request' },
  members: { value: 10_000, unit: 'members of a group', beyond: 'error conflict' },
  membersPerCommand: { value: 500, unit: 'members', beyond: 'error bad_request' },
  mentions: { value: 50, unit: 'mentions of a message', beyond: 'error bad_request' },
  watch: { value: 200, unit: 'watched users per session', beyond: 'error bad_frame' },
  presenceAsked: { value: 200, unit: 'users of one presence look-up', beyond: 'error bad_request' },
  acquaintance: { value: 10_000, unit: 'member rows read to find shared conversations', beyond: 'who is not found by then is left out' },
  page: { value: 200, unit: 'items of a page', beyond: 'error bad_request' },
  syncChanged: { value: 200, unit: 'changed messages of a conversation in one sync', beyond: '`limited: true` with the newest 50' },
  syncLimited: { value: 50, unit: 'newest messages of a limited conversation', beyond: 'older ones are paged' },
  syncFresh: { value: 20, unit: 'newest messages per conversation of a fresh sync', beyond: 'older ones are paged' },
  smallGroup: { value: 100, unit: 'members', beyond: 'marks go to the reader only, typing is off' },
  heartbeat: { value: 25_000, unit: 'ms', beyond: 'two missing: closed 4009' },
  typingEvery: { value: 3_000, unit: 'ms', beyond: 'dropped' },
  markEvery: { value: 2_000, unit: 'ms per member and conversation', beyond: 'written later' },
} as const satisfies Record<string, LimitRow>;
