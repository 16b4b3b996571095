import { type ServiceName, TOPICS, type TopicSpec } from '@clatter/contract';
import type { RoutedTopic } from './options.ts';

/** What the routers of a service read, and how: the rows of the table of topics that are routed. */
export const routedTopics = (service: ServiceName): readonly RoutedTopic[] =>
  Object.values<TopicSpec>(TOPICS)
    .filter((topic) => topic.service === service && topic.routed)
    .map(({ name, durability, fenced }) => ({ topic: name, kind: durability === 'soft' ? 'soft' : fenced ? 'fenced' : 'plain' }));
