import { type CollectionSpec, READ_MODELS, type ServiceName } from '@clatter/contract';
import type { Rebuildable } from '@clatter/engine';
import { messagingCollections, messagingTopicOf } from '@clatter/messaging';

/** Services whose read models can be rebuilt while they serve. */
export const REBUILDABLE: readonly Rebuildable[] = [{ service: 'messaging', collections: messagingCollections, topicOf: messagingTopicOf }];

/** Everything that is made from the log and dropped with its identity. */
export const DERIVED: readonly { readonly service: ServiceName; readonly collections: readonly CollectionSpec[]; readonly more: readonly string[] }[] = [
  { service: 'messaging', collections: messagingCollections, more: ['messaging.beyond'] },
  { service: 'presence', collections: [READ_MODELS.presence], more: [] },
];
