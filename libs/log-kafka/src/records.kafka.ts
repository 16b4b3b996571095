import type { LogRecord, NewRecord } from '@clatter/ports';
import type { KafkaMessage, Message } from 'kafkajs';

export const recordOf = ({ offset, timestamp, key, headers, value }: KafkaMessage): LogRecord => ({
  offset: Number(offset),
  at: Number(timestamp),
  key: key?.toString() ?? '',
  headers: headers ? Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])) : {},
  value: value?.toString() ?? '',
});

export const messageOf = (partition: number, { key, headers, value }: NewRecord): Message => ({
  partition,
  key: key === '' ? null : key,
  headers: { ...headers },
  value,
});
