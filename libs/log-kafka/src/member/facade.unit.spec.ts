import { describe, expect, it } from 'vitest';
import { watchCluster } from './facade.kafka.ts';

type Request = { memberId?: string; groupId?: string };
const failure = (more: object): Error => Object.assign(new Error('failed'), more);

/** A cluster whose coordinator answers as told, and what is sent to it. */
const cluster = (answers: (() => object)[]) => {
  const sent: Request[] = [];
  const ask = async (request: Request): Promise<object> => {
    sent.push(request);
    const answer = answers.shift();
    if (!answer) throw new Error('no answer is left');
    return answer();
  };
  const made = { findGroupCoordinator: async (_options: object) => ({ joinGroup: ask, syncGroup: ask, heartbeat: ask }) };
  let id = 'me';
  const generations: number[] = [];
  watchCluster(made, {
    beforeJoin: async () => {},
    joined: (generation) => generations.push(generation),
    memberId: () => id,
    forgotten: () => {
      id = '';
    },
  });
  return { sent, generations, coordinator: () => made.findGroupCoordinator({}) };
};

describe('a member and its coordinator', () => {
  it('joins under its former id after a crash of kafkajs, so that the group does not wait for its ghost', async () => {
    const { sent, generations, coordinator } = cluster([() => ({ generationId: 7 })]);
    await (await coordinator()).joinGroup({ groupId: 'g', memberId: '' });
    expect(sent).toEqual([{ groupId: 'g', memberId: 'me' }]);
    expect(generations).toEqual([7]);
  });

  it('joins as a new one where the group does not know it any more', async () => {
    const unknown = (): never => {
      throw failure({ name: 'KafkaJSProtocolError', type: 'UNKNOWN_MEMBER_ID' });
    };
    const { sent, coordinator } = cluster([unknown, () => ({ generationId: 1 })]);
    const broker = await coordinator();
    await expect(broker.heartbeat({ memberId: 'me' })).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' });
    await broker.joinGroup({ memberId: '' });
    expect(sent.at(-1)).toEqual({ memberId: '' });
  });

  it.each([
    { name: 'KafkaJSConnectionError' },
    { name: 'KafkaJSProtocolError', type: 'GROUP_LOAD_IN_PROGRESS' },
    { name: 'KafkaJSNumberOfRetriesExceeded', cause: failure({ name: 'KafkaJSNonRetriableError', cause: failure({ name: 'KafkaJSConnectionError' }) }) },
  ])('%o means: look the coordinator up and join again', async (error) => {
    const { coordinator } = cluster([
      () => {
        throw failure(error);
      },
    ]);
    await expect((await coordinator()).heartbeat({})).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' });
  });

  it('any other error stays what it is', async () => {
    const { coordinator } = cluster([
      () => {
        throw failure({ name: 'KafkaJSProtocolError', type: 'INCONSISTENT_GROUP_PROTOCOL' });
      },
    ]);
    await expect((await coordinator()).syncGroup({})).rejects.toMatchObject({ type: 'INCONSISTENT_GROUP_PROTOCOL' });
  });
});
