import { expect, it } from 'vitest';
import { partOf } from './processes.ts';

it.each([
  ['java\0-Xmx384m\0-cp\0/x/kafka-4.3.1/lib/*\0kafka.Kafka\0/tmp/server.properties', 'broker'],
  ["/x/secantusdb/venv/bin/python\0-c\0import sys; sys.argv=['secantusd-py']", 'database'],
  ['/usr/bin/mongod\0--port\x001', 'database'],
  ['node\0--v8-pool-size=1\0services/edge/src/main.ts', 'edge'],
  ['node\0services/messaging/src/main.ts', 'messaging'],
  ['node\0services/auth/src/main.ts', 'rest'],
  ['node\0apps/standalone/src/main.ts', 'rest'],
  ['java\0-cp\0/x/kafka/lib/*\0kafka.tools.StorageTool', 'rest'],
])('a process is known by its command line: %j', (command, part) => expect(partOf(command)).toBe(part));
