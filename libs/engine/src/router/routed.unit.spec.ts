import { expect, it } from 'vitest';
import { routedTopics } from './routed.ts';

it('routers read the events, marks and soft records of their service, each as the table of topics says, and no commands', () => {
  expect(routedTopics('messaging')).toEqual([
    { topic: 'messaging.events', kind: 'fenced' },
    { topic: 'messaging.marks', kind: 'plain' },
    { topic: 'messaging.ephemeral', kind: 'soft' },
  ]);
  expect(routedTopics('presence')).toEqual([{ topic: 'presence.events', kind: 'fenced' }]);
  expect(routedTopics('auth')).toEqual([{ topic: 'auth.events', kind: 'plain' }]);
});
