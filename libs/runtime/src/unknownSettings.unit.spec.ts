import { expect, it } from 'vitest';
import { unknownSettings } from './unknownSettings.ts';

it.each([
  ['CLATTER_PROT', 'CLATTER_PROT is not a setting and is ignored; CLATTER_PORT is one.'],
  ['CLATTER_PARTITION', 'CLATTER_PARTITION is not a setting and is ignored; CLATTER_PARTITIONS is one.'],
  ['CLATTER_ACESS_MINUTE', 'CLATTER_ACESS_MINUTE is not a setting and is ignored; CLATTER_ACCESS_MINUTES is one.'],
  ['CLATTER_FOO', 'CLATTER_FOO is not a setting and is ignored.'],
  ['CLATTER_', 'CLATTER_ is not a setting and is ignored.'],
])('%s: a warning, with the nearest name where there is one', (name, warning) => expect(unknownSettings({ [name]: 'x' })).toEqual([warning]));

it('what another process of a cluster is set by is known, and what is not ours is none of our business', () => {
  const others = { CLATTER_MESSAGING_ROLES: 'owner', CLATTER_FEED_PORT: '1', CLATTER_DATA: 'd', CLATTER_PASSWORD: 'p' };
  expect(unknownSettings({ ...others, PATH: '/bin', KAFKA_BROKER: 'k:1', OTHER_CLATTER_X: '', MYCLATTER_PORT: '1' })).toEqual([]);
});
