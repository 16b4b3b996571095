import { runService } from '@clatter/cluster';
import { TOPICS } from '@clatter/contract';
import { authConfig } from './config.ts';
import { wireAuth } from './wire.ts';

runService({
  name: 'auth',
  table: authConfig,
  topics: [TOPICS.authEvents],
  wire: (around, config) => {
    const { parts, http, jwks } = wireAuth(around, config);
    return { behind: [around.listener, ...parts], http, jwks };
  },
});
