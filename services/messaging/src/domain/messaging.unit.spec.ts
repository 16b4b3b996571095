import { COMMANDS, type CommandName, type ConversationKind, LIMITS, type Role } from '@clatter/contract';
import { type Happened, scenario } from '@clatter/testing';
import { describe, expect, it } from 'vitest';
import { messaging } from './messaging.ts';
import { may, PERMISSIONS } from './permissions.ts';

const GROUP = '0190a000-0000-7000-8000-00000000000a';
const group = scenario(messaging, GROUP);
const direct = scenario(messaging, 'd.anna.ben');

const created = (kind: ConversationKind = 'group'): Happened => ({ name: 'conversation.created', data: { kind, title: 'walk' } });
const joined = (members: Readonly<Record<string, Role>>, joinedNumber = 0): Happened => ({
  name: 'members.added',
  data: { members: Object.entries(members).map(([user, role]) => ({ user, role })), joinedNumber },
});
const sent = (number: number, more: object = {}): Happened => ({ name: 'message.sent', data: { number, ref: 'r1', kind: 'text', text: 'hi', ...more } });
const begun: readonly Happened[] = [created(), joined({ olga: 'owner', adam: 'admin', mia: 'member', rita: 'reader' })];

describe('conversation.create', () => {
  const create = { name: 'conversation.create', user: 'olga', data: { conversation: GROUP, kind: 'group', title: 'walk', members: ['mia', 'olga'] } };

  it('who creates it owns it; the others join in the same record, nobody twice', () => {
    group
      .given()
      .when(create)
      .thenHappened(created(), joined({ olga: 'owner', mia: 'member' }))
      .thenAnswered({ conversation: GROUP, seq: 2 });
  });

  it('an id that is taken is a conflict, also for its own creator', () => {
    group.given(begun).when(create).thenRejected('conflict');
  });
});

describe('conversation.update', () => {
  const update = (data: object) => group.given(begun).when({ name: 'conversation.update', user: 'adam', data: { conversation: GROUP, ...data } });

  it('changes what is named', () => {
    update({ title: 'ride', slowMode: 5 }).thenHappened({ name: 'conversation.updated', data: { title: 'ride', slowMode: 5 } });
  });

  it('nothing to change is a bad request', () => void update({}).thenRejected('bad_request'));

  it('carries nothing else into the event, whatever a command holds', () => {
    update({ title: 'ride', memberCount: 7, rev: 1, head: { number: 9 }, kind: 'direct' }).thenHappened({
      name: 'conversation.updated',
      data: { title: 'ride' },
    });
    update({ memberCount: 7 }).thenRejected('bad_request');
  });
});

describe('members come and go', () => {
  const add = (user: string, members: readonly string[]) => ({ name: 'conversation.addMembers', user, data: { conversation: GROUP, members } });

  it('who is there already is left out; what was written before counts as read', () => {
    group
      .given(begun, sent(1), sent(2))
      .when(add('adam', ['mia', 'nora']))
      .thenHappened(joined({ nora: 'member' }, 2));
    group
      .given(begun)
      .when(add('adam', ['mia']))
      .thenRejected('conflict');
  });

  it('who left may be added again', () => {
    group
      .given(begun, { name: 'member.left', data: { user: 'mia', was: 'member' } })
      .when(add('olga', ['mia']))
      .thenHappened(joined({ mia: 'member' }));
  });

  it('limit members: a group has at most 10,000', () => {
    const many = Object.fromEntries(Array.from({ length: LIMITS.members.value - 4 }, (_, i) => [`u${i}`, 'member' as const]));
    group
      .given(begun, joined(many))
      .when(add('olga', ['nora']))
      .thenRejected('conflict');
  });

  const remove = (user: string, whom: string) =>
    group.given(begun).when({ name: 'conversation.removeMember', user, data: { conversation: GROUP, user: whom } });

  it('staff removes members and readers, an owner admins too, nobody an owner or himself', () => {
    remove('adam', 'mia').thenHappened({ name: 'member.removed', data: { user: 'mia', was: 'member' } });
    remove('olga', 'adam').thenHappened({ name: 'member.removed', data: { user: 'adam', was: 'admin' } });
    remove('adam', 'olga').thenRejected('forbidden');
    remove('adam', 'adam').thenRejected('bad_request');
    remove('adam', 'nora').thenRejected('conflict');
    group
      .given(begun, joined({ ada: 'admin' }))
      .when({ name: 'conversation.removeMember', user: 'adam', data: { conversation: GROUP, user: 'ada' } })
      .thenRejected('forbidden');
  });

  it('the last owner stays while others do; the last member may go', () => {
    const leave = { name: 'conversation.leave', user: 'olga', data: { conversation: GROUP } };
    group.given(begun).when(leave).thenRejected('conflict');
    group
      .given([created(), joined({ olga: 'owner' })])
      .when(leave)
      .thenHappened({ name: 'member.left', data: { user: 'olga', was: 'owner' } });
    group
      .given(begun, joined({ oskar: 'owner' }))
      .when(leave)
      .thenHappened({ name: 'member.left', data: { user: 'olga', was: 'owner' } });
  });

  it('who left reads and writes nothing any more', () => {
    group
      .given(begun, { name: 'member.left', data: { user: 'mia', was: 'member' } })
      .when({ name: 'message.send', user: 'mia', data: { conversation: GROUP, kind: 'text', text: 'hi' } })
      .thenRejected('not_found');
  });
});

describe('conversation.setRole', () => {
  const set = (whom: string, role: Role) =>
    group.given(begun).when({ name: 'conversation.setRole', user: 'olga', data: { conversation: GROUP, user: whom, role } });

  it('changes a role; there is always an owner', () => {
    set('mia', 'admin').thenHappened({ name: 'role.changed', data: { user: 'mia', role: 'admin', was: 'member' } });
    set('olga', 'admin').thenRejected('conflict');
    set('mia', 'member').thenRejected('conflict');
    set('nora', 'admin').thenRejected('conflict');
    group
      .given(begun, { name: 'role.changed', data: { user: 'mia', role: 'owner', was: 'member' } })
      .when({ name: 'conversation.setRole', user: 'olga', data: { conversation: GROUP, user: 'olga', role: 'member' } })
      .thenHappened({ name: 'role.changed', data: { user: 'olga', role: 'member', was: 'owner' } });
  });
});

describe('message.send', () => {
  const send = (user: string, more: object = {}) => ({ name: 'message.send', user, data: { kind: 'text', text: 'hi', ...more } });

  it('takes the next number and the next seq, and carries the ref', () => {
    group
      .given(begun, sent(1))
      .when(send('mia', { conversation: GROUP, replyTo: 1, mentions: ['olga'] }))
      .thenHappened(sent(2, { replyTo: 1, mentions: ['olga'] }))
      .thenAnswered({
        conversation: GROUP,
        number: 2,
        seq: 4,
        at: 1_700_000_000_000,
      });
  });

  it('a reply to what is not there yet: not_found', () => {
    group
      .given(begun, sent(1))
      .when(send('mia', { conversation: GROUP, replyTo: 2 }))
      .thenRejected('not_found');
  });

  it('the first message of a direct conversation makes it, whole', () => {
    direct
      .given()
      .when(send('ben', { conversation: 'd.anna.ben' }))
      .thenHappened({ name: 'conversation.created', data: { kind: 'direct' } }, joined({ anna: 'member', ben: 'member' }), sent(1))
      .thenAnswered({ number: 1, seq: 3 });
  });

  it('a direct conversation of others, and a group that is not there, do not exist', () => {
    direct
      .given()
      .when(send('carl', { conversation: 'd.anna.ben' }))
      .thenRejected('not_found');
    group
      .given()
      .when(send('mia', { conversation: GROUP }))
      .thenRejected('not_found');
  });

  it('reads two cells, in a group of 10,000 as in one of 2', () => {
    const dated = {
      ...send('mia', { conversation: GROUP }),
      id: 'r',
      key: GROUP,
      actor: { user: 'mia', session: 's', device: 'd' },
      origin: { edge: 'e', session: 's', ref: 'r' },
      at: 0,
      offset: 0,
    };
    expect(messaging.reads(dated, () => undefined)).toEqual([`${GROUP}/root`, `${GROUP}/member/mia`]);
  });
});

describe('permissions: every command in every kind of conversation by every role', () => {
  const ROLES = ['owner', 'admin', 'member', 'reader'] as const;
  const DATA: { readonly [N in keyof typeof PERMISSIONS]: object } = {
    'conversation.update': { title: 'x' },
    'conversation.addMembers': { members: ['nora'] },
    'conversation.removeMember': { user: 'peer' },
    'conversation.leave': {},
    'conversation.setRole': { user: 'peer', role: 'reader' },
    'message.send': { kind: 'text', text: 'hi' },
  };
  const rows = Object.entries(PERMISSIONS).flatMap(([name, kinds]) =>
    (['direct', 'group', 'announcement'] as const).flatMap((kind) =>
      ROLES.map((role) => [name as keyof typeof PERMISSIONS, kind, role, kinds[kind]?.includes(role) ?? false] as const),
    ),
  );

  it.each(rows)('%s in a %s conversation by its %s: %s', (name, kind, role, allowed) => {
    const members: Record<string, Role> = { actor: role, peer: 'member', boss: 'owner' };
    const outcome = group.given([created(kind), joined(members)]).when({ name, user: 'actor', data: { conversation: GROUP, ...DATA[name] } });
    expect(may(name, kind, role)).toBe(allowed);
    if (!allowed) outcome.thenRejected('forbidden');
    else expect(outcome.decision.outcome).toBe('accepted');
  });

  it.each(rows.filter(([, kind]) => kind === 'group'))('%s in a %s: a stranger is told that it does not exist', (name) => {
    group
      .given([created(), joined({ olga: 'owner' })])
      .when({ name, user: 'stranger', data: { conversation: GROUP, ...DATA[name] } })
      .thenRejected('not_found');
  });

  it('has a row for every command but the one that begins a conversation, and knows no other', () => {
    expect([...Object.keys(PERMISSIONS), 'conversation.create'].sort()).toEqual(Object.keys(COMMANDS).sort());
    expect(may('toString', 'group', 'owner')).toBe(false);
    expect(may('message.send', 'group', undefined)).toBe(false);
  });
});

describe('what does not fit', () => {
  it.each([
    ['an unknown command', 'message.shout', {}],
    ["a name of Object's own", 'constructor', {}],
    ['data of another shape', 'message.send', { conversation: GROUP, kind: 'text', text: 7 }],
  ])('%s is refused and changes nothing', (_, name, data) => {
    group
      .given(begun)
      .when({ name: name as CommandName, user: 'olga', data })
      .thenRejected('bad_request');
  });
});
