import { expect, it } from 'vitest';
import { callersSettings, settingsText } from './settings.ts';

it("passes on the caller's settings of Clatter, but no addresses, which are the bench's to choose", () => {
  const env = {
    PATH: '/bin',
    CLATTER_SNAPSHOT: '5',
    CLATTER_EDGE_ROUTERS: 'local',
    CLATTER_PORT: '80',
    CLATTER_MESSAGING_ROUTERS: 'ws://x',
    CLATTER_GONE: undefined,
  };
  expect(callersSettings(env)).toEqual({ CLATTER_EDGE_ROUTERS: 'local', CLATTER_SNAPSHOT: '5' });
});

it('says them in one line, without secrets', () => {
  expect(settingsText({ CLATTER_EDGE_ROUTERS: 'local', CLATTER_KAFKA_PASSWORD: 'x' })).toBe('CLATTER_EDGE_ROUTERS=local CLATTER_KAFKA_PASSWORD=…');
  expect(settingsText({})).toBe('');
});
