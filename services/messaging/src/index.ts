export { messagingConfig } from './config.ts';
export { messagingDecider } from './domain/messaging.ts';
export type { QueryDeps, QueryRules } from './projections/deps.ts';
export { messagesPage } from './projections/messages.query.ts';
export { syncPage } from './projections/sync.query.ts';
export {
  type MessagingPorts,
  messagingCollections,
  messagingProjector,
  messagingReadModels,
  messagingSources,
  messagingTopicOf,
  wireMessaging,
} from './wire.ts';
