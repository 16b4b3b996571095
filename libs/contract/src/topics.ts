export type ServiceName = 'auth' | 'messaging' | 'presence';

export type TopicSpec = {
  /** without prefix */
  readonly name: string;
  readonly service: ServiceName;
  /** what the partition is chosen by */
  readonly key: 'conversation' | 'user';
  readonly cleanup: 'delete' | 'compact';
  /** ms; undefined = for ever */
  readonly retention?: number;
  /** `queued`: durable in order with what follows, not waited for where the log is local; `soft`: may vanish */
  readonly durability: 'durable' | 'queued' | 'soft';
  /** records carry claims and command offsets and pass through the fence */
  readonly fenced: boolean;
  /** the service's routers read it: all of it, for edges */
  readonly routed?: true;
  readonly writer: string;
  readonly readers: string;
};

const DAY = 86_400_000;

/** The one table of topics (design §2). All topics of a service have the same partition count, fixed for life. */
export const TOPICS = {
  messagingCommands: {
    name: 'messaging.commands',
    service: 'messaging',
    key: 'conversation',
    cleanup: 'delete',
    retention: 7 * DAY,
    durability: 'queued',
    fenced: false,
    writer: 'edge',
    readers: 'messaging owner',
  },
  messagingEvents: {
    name: 'messaging.events',
    service: 'messaging',
    key: 'conversation',
    cleanup: 'delete',
    durability: 'durable',
    fenced: true,
    routed: true,
    writer: 'messaging owner',
    readers: 'messaging owner, projector, router',
  },
  messagingMarks: {
    name: 'messaging.marks',
    service: 'messaging',
    key: 'conversation',
    cleanup: 'compact',
    durability: 'durable',
    fenced: false,
    routed: true,
    writer: 'edge',
    readers: 'messaging projector, router',
  },
  messagingEphemeral: {
    name: 'messaging.ephemeral',
    service: 'messaging',
    key: 'conversation',
    cleanup: 'delete',
    retention: 60_000,
    durability: 'soft',
    fenced: false,
    routed: true,
    writer: 'edge',
    readers: 'messaging router',
  },
  presenceCommands: {
    name: 'presence.commands',
    service: 'presence',
    key: 'user',
    cleanup: 'delete',
    retention: 7 * DAY,
    durability: 'queued',
    fenced: false,
    writer: 'edge, presence owner',
    readers: 'presence owner',
  },
  presenceEvents: {
    name: 'presence.events',
    service: 'presence',
    key: 'user',
    cleanup: 'delete',
    retention: 7 * DAY,
    durability: 'durable',
    fenced: true,
    routed: true,
    writer: 'presence owner',
    readers: 'presence owner, projector, router',
  },
  authEvents: {
    name: 'auth.events',
    service: 'auth',
    key: 'user',
    cleanup: 'delete',
    durability: 'durable',
    fenced: false,
    routed: true,
    writer: 'auth outbox',
    readers: 'auth router',
  },
} as const satisfies Record<string, TopicSpec>;

/** Compacted, one partition: holds the log's identity where the broker has no place for it. */
export const META_TOPIC = 'meta';
export const DEFAULT_PREFIX = 'clatter.';
