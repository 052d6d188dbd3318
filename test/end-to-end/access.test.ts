import { afterEach, describe, expect, test } from 'vitest';
import type { AccessRules } from '../../src/slack/access.js';
import { renderMessage } from '../../src/workspace/render-message.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { CHANNELS, type Fixture, PEOPLE, readable, startFixture, until } from './demo-fixture.js';

let fixture: Fixture;
afterEach(() => fixture.demo.stop());

const { dana, miguel, priya, guest, stranger } = PEOPLE;
const RULES: AccessRules = {
  roles: { admin: ['S0PLATFRM'] },
  memberTeams: [],
  teams: { Payments: [miguel], search: [priya] },
  guests: [],
};

async function ask(user: string, channel: string, text: string): Promise<string> {
  const before = new Set(fixture.seen(user, channel).map((message) => message.ts));
  await fixture.demo.workspace.acts.say(user, channel, undefined, text);
  return until(() => {
    const message = fixture.seen(user, channel).find((each) => !before.has(each.ts));
    const words = message === undefined ? '' : read(message);
    return words !== '' && !words.includes('Reading the flow logs') ? words : undefined;
  }, `an answer for ${user}`);
}

function read(message: RoomMessage): string {
  return readable(renderMessage(fixture.demo.workspace.room, message, 0));
}

/** The block that holds a button, and the message it is in. */
function buttonIn(user: string, channel: string, actionId: string): { readonly ts: string; readonly blockId: string } {
  for (const message of [...fixture.seen(user, channel)].reverse()) {
    const block = message.blocks.find((each) => JSON.stringify(each).includes(`"action_id":"${actionId}"`));
    if (block !== undefined) return { ts: message.ts, blockId: block.block_id };
  }
  throw new Error(`There is no button ${actionId}.`);
}

describe('who may ask', () => {
  test.each([
    ['a guest', guest, CHANNELS.general],
    ['a stranger of a shared channel', stranger, CHANNELS.shared],
  ])('%s gets nothing, whatever is asked: no rows, no names', async (_, user, channel) => {
    fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
    const answers = [];
    for (const text of [
      '/netcost by=team',
      '/netcost team=payments',
      '/netcost team=nosuchteam',
      '/netcost who 10.0.0.1',
    ]) {
      answers.push(await ask(user, channel, text));
    }
    for (const words of answers) {
      expect(words).toContain('full members of this workspace only');
      expect(words).not.toMatch(/GiB|payments|S3/);
    }
    expect(fixture.asked).toHaveLength(0);
    expect(fixture.audit.every((line) => line.outcome === 'denied')).toBe(true);
  });

  test('a guest that the config lets in sees the teams granted to them, and no other', async () => {
    fixture = await startFixture({
      access: { roles: {}, memberTeams: 'all', teams: { search: [guest] }, guests: [guest] },
    });
    expect(await ask(guest, CHANNELS.general, '/netcost since=24h by=service')).toContain('Search : $0.23');
    expect(await ask(guest, CHANNELS.general, '/netcost team=payments')).toContain(
      'no team "payments" that you may see',
    );
  });

  test('a member of a user group has its role', async () => {
    fixture = await startFixture({ access: RULES });
    expect(await ask(dana, CHANNELS.costs, '/netcost by=team')).toContain('All teams together');
    expect(fixture.asked[0]?.caller).toMatchObject({
      id: `T0ACME001/${dana}`,
      teams: 'all',
      roles: ['member', 'admin'],
    });
  });
});

describe('a member with rights to one team', () => {
  test('asks about it, and about nothing else', async () => {
    fixture = await startFixture({ access: RULES });
    expect(await ask(priya, CHANNELS.costs, '/netcost since=24h by=team')).toContain('Search : $0.23');
    expect(await ask(priya, CHANNELS.costs, '/netcost team=!payments')).toContain('Search');
    expect(await ask(priya, CHANNELS.costs, '/netcost team=!search')).toContain('no team whose traffic you may see');
  });

  test.each([
    'team=payments',
    'TEAM = Payments',
    'team="payments"',
    'team=search,payments',
    'team=“payments”',
    'team=!payments team=payments',
  ])('cannot get around it with %s', async (text) => {
    fixture = await startFixture({ access: RULES });
    const words = await ask(priya, CHANNELS.costs, `/netcost ${text} by=service`);
    expect(words).toContain('There is no team "payments" that you may see');
    expect(words).not.toContain('GiB');
  });

  test('hears the same of a team that is there as of one that is not', async () => {
    fixture = await startFixture({ access: RULES });
    const known = await ask(priya, CHANNELS.costs, '/netcost team=payments');
    const unknown = await ask(priya, CHANNELS.costs, '/netcost team=nosuch');
    const neutral = (words: string) => words.replace(/\d\d:\d\d/, '').replace(/payments|nosuch/g, 'TEAM');
    expect(neutral(known)).toBe(neutral(unknown));
  });

  test('does not find other teams in the composer', async () => {
    fixture = await startFixture({ access: RULES });
    await fixture.demo.workspace.acts.say(priya, CHANNELS.costs, undefined, '/netcost');
    const view = await until(
      () =>
        [...fixture.demo.workspace.room.views.values()].find((each) =>
          JSON.stringify(each.blocks).includes('compose:team'),
        ),
      'the composer',
    );
    expect(JSON.stringify(view.blocks)).toContain('search');
    expect(JSON.stringify(view.blocks)).not.toContain('"payments"');
  });

  test.each(['ask:remote', 'share', 'share_anyway', 'csv', 'statement'])(
    'gets nothing by pressing %s of somebody else’s shared answer',
    async (actionId) => {
      fixture = await startFixture({ access: RULES });
      const { room, acts } = fixture.demo.workspace;
      const value = JSON.stringify({ q: 'team=payments since=24h by=service', t: Date.now() });
      const text = { type: 'plain_text', text: 'Press' };
      const blocks = [
        { type: 'actions', block_id: 'b', elements: [{ type: 'button', action_id: actionId, text, value }] },
      ];
      const shared = room.post({ channel: CHANNELS.costs, userId: room.cast.bot.userId, text: 'an answer', blocks });
      await acts.press(priya, CHANNELS.costs, shared.ts, 'b', actionId);
      const words = await until(() => {
        const views = [...room.views.values()].map((view) => JSON.stringify(view.blocks));
        return [...fixture.seen(priya, CHANNELS.costs).map(read), ...views].find(
          (each) => each.includes('may see') || each.includes('may not see'),
        );
      }, 'the refusal');
      expect(words).toMatch(/may (not )?see/);
      const everything = [...room.messages(CHANNELS.costs), ...room.messages(room.directChannel(priya).id)]
        .map(read)
        .join();
      expect(everything).not.toMatch(/GiB/);
      expect(room.files.size).toBe(0);
    },
  );
});

describe('sharing', () => {
  async function shareFrom(user: string, channel: string): Promise<string> {
    await ask(user, channel, '/netcost since=24h by=service');
    const share = buttonIn(user, channel, 'share');
    const before = new Set(fixture.seen(user, channel).map((message) => message.ts));
    await fixture.demo.workspace.acts.press(user, channel, share.ts, share.blockId, 'share');
    return until(() => {
      const message = fixture.seen(user, channel).find((each) => !before.has(each.ts));
      return message === undefined ? undefined : read(message);
    }, 'what sharing says');
  }

  test('into a channel with somebody who may not see it is refused', async () => {
    fixture = await startFixture({ access: RULES });
    expect(await shareFrom(dana, CHANNELS.costs)).toContain('2 people in #cloud-costs may not see this');
    expect(fixture.seen(priya, CHANNELS.costs)).toHaveLength(0);
  });

  test('into a channel with a guest is refused', async () => {
    fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
    expect(await shareFrom(dana, CHANNELS.general)).toContain('One person in #general may not see this');
    expect(fixture.seen(guest, CHANNELS.general)).toHaveLength(0);
  });

  test('into a channel shared with another organisation is refused', async () => {
    fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
    expect(await shareFrom(dana, CHANNELS.shared)).toContain('#ext-partner is shared with another organisation');
    expect(fixture.seen(stranger, CHANNELS.shared)).toHaveLength(0);
  });

  test('into a channel that netcost cannot see is refused', async () => {
    fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
    fixture.demo.workspace.faults.failNext('conversations.info', { kind: 'error', error: 'channel_not_found' });
    expect(await shareFrom(miguel, CHANNELS.payments)).toContain('netcost cannot see who reads');
  });

  test('into a channel whose readers cannot all be checked is refused where rights differ', async () => {
    fixture = await startFixture({ access: { ...RULES, roles: { admin: [dana, miguel, priya] } } });
    fixture.demo.workspace.faults.failNext('conversations.members', { kind: 'error', error: 'fatal_error' });
    expect(await shareFrom(dana, CHANNELS.costs)).toContain('more readers than can be checked');
  });

  test('into a small private channel whose members may see it happens at once', async () => {
    fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
    expect(await shareFrom(miguel, CHANNELS.payments)).toContain('Shared by @Miguel Ortiz');
    expect(fixture.seen(dana, CHANNELS.payments)).toHaveLength(1);
  });
});

test('a guest learns no names of teams from the page, and nothing by the shortcut', async () => {
  fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
  const { origin, room, acts } = fixture.demo.workspace;
  const start = async (user: string) => (await fetch(`${origin}/client/start?user=${user}`)).text();
  expect(await start(dana)).toContain('payments');
  for (const user of [guest, stranger]) expect(await start(user)).not.toMatch(/"payments"/);
  const message = room.post({ channel: CHANNELS.general, userId: dana, text: 'the alarm names 10.20.0.7' });
  await acts.shortcut(guest, CHANNELS.general, message.ts, 'who_is_behind');
  const words = await until(
    () =>
      fixture
        .seen(guest, CHANNELS.general)
        .map(read)
        .find((each) => each.includes('Only visible')),
    'the refusal',
  );
  expect(words).toContain('full members of this workspace only');
  expect(fixture.asked).toHaveLength(0);
});

test('a mention in a channel with a guest is answered to the asker alone', async () => {
  fixture = await startFixture({ access: { ...RULES, memberTeams: 'all' } });
  const words = await (async () => {
    await fixture.demo.workspace.acts.say(dana, CHANNELS.general, undefined, '@netcost since=24h by=service');
    return until(
      () =>
        fixture
          .seen(dana, CHANNELS.general)
          .map(read)
          .find((each) => each.includes('GiB')),
      'the answer',
    );
  })();
  expect(words).toContain('Only visible to you');
  expect(fixture.seen(guest, CHANNELS.general).map(read).join()).not.toContain('GiB');
});

test('the audit line says who asked what, where, how, and what came of it, and holds no answer', async () => {
  fixture = await startFixture({ access: RULES });
  await ask(miguel, CHANNELS.costs, '/netcost team=payments since=24h by=service');
  await until(() => fixture.audit.length === 1, 'the audit line');
  expect(fixture.audit[0]).toMatchObject({
    caller: `T0ACME001/${miguel}`,
    channel: CHANNELS.costs,
    via: 'command',
    text: 'team=payments since=24h by=service',
    outcome: 'answered',
  });
  expect(JSON.stringify(fixture.audit)).not.toContain('GiB');
});
