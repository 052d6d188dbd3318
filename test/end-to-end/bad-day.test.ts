import { afterEach, describe, expect, test } from 'vitest';
import { renderMessage } from '../../src/workspace/render-message.js';
import { signRequest } from '../../src/workspace/signature.js';
import { answerTo, CHANNELS, type Fixture, PEOPLE, readable, startFixture, until } from './demo-fixture.js';

let fixture: Fixture;
afterEach(() => fixture.demo.stop());

const { dana } = PEOPLE;
const { costs } = CHANNELS;
const direct = `D${dana.slice(1)}`;

/** The last message that Dana sees in a channel, in her words. */
async function lastWords(channel: string, has: RegExp, patienceMs = 3_000): Promise<string> {
  const started = performance.now();
  for (;;) {
    try {
      return await until(() => {
        const message = fixture.seen(dana, channel).at(-1);
        const words = message === undefined ? '' : readable(renderMessage(fixture.demo.workspace.room, message, 0));
        return has.test(words) ? words : undefined;
      }, `${has}`);
    } catch (error) {
      if (performance.now() - started > patienceMs) throw error;
    }
  }
}

const ask = (text = '/netcost since=24h by=service') => fixture.demo.workspace.acts.say(dana, costs, undefined, text);
const askDirectly = async () => {
  fixture.demo.workspace.room.directChannel(dana);
  await fixture.demo.workspace.acts.say(dana, direct, undefined, 'since=24h by=service');
};

describe('the response URL', () => {
  test.each([
    ['answers 500 twice', { kind: 'status', status: 500 }, 2],
    ['answers 429', { kind: 'status', status: 429 }, 1],
    ['refuses the blocks (invalid_blocks)', { kind: 'error', error: 'invalid_blocks' }, 1],
    ['refuses the blocks twice', { kind: 'error', error: 'invalid_blocks' }, 2],
    ['has expired', { kind: 'status', status: 404 }, 1],
  ] as const)('%s: the answer still arrives', async (_, fault, times) => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('response_url', fault, times);
    await ask();
    expect(await lastWords(costs, /5\.00 GiB/)).toContain('through the NAT gateway');
  });

  test('refuses charts and tables: the table arrives as text', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('response_url', { kind: 'error', error: 'invalid_blocks' }, 2);
    await ask();
    await lastWords(costs, /5\.00 GiB/);
    const types = fixture
      .seen(dana, costs)
      .at(-1)
      ?.blocks.map((block) => block.type);
    expect(types).toEqual(['section', 'context', 'section', 'context', 'actions', 'actions']);
    expect(JSON.stringify(fixture.seen(dana, costs).at(-1)?.blocks[2])).toContain('S3       4.00 GiB   80 %  $0.18');
  });

  test('refuses everything but text: the sentence arrives', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('response_url', { kind: 'error', error: 'invalid_blocks' }, 4);
    await ask();
    expect(await lastWords(costs, /5\.00 GiB/)).toContain('Most of it: S3 80 %');
    expect(fixture.seen(dana, costs).at(-1)?.blocks).toEqual([]);
  });

  test('does not answer at all for a while: the answer arrives at the second try', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('response_url', { kind: 'hang' });
    await ask();
    expect(await lastWords(costs, /5\.00 GiB/, 8_000)).toContain('S3');
  }, 15_000);

  test('stays away: the answer is posted for the person directly', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('response_url', { kind: 'status', status: 503 }, 10);
    await ask();
    expect(await lastWords(costs, /5\.00 GiB/)).toContain('S3');
    expect(fixture.demo.workspace.calls.some((call) => call.method === 'chat.postEphemeral')).toBe(true);
  });
});

describe('the Web API', () => {
  test.each([
    ['500 once', { kind: 'status', status: 500 }, 1],
    ['429 with Retry-After', { kind: 'status', status: 429, retryAfterSeconds: 1 }, 1],
    [
      'invalid_blocks',
      { kind: 'error', error: 'invalid_blocks', messages: ['[ERROR] unsupported type [json-pointer:/blocks/2/type]'] },
      1,
    ],
    ['msg_blocks_too_long', { kind: 'error', error: 'msg_blocks_too_long' }, 2],
  ] as const)('answers chat.postMessage with %s: the answer still arrives', async (_, fault, times) => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('chat.postMessage', fault, times);
    await askDirectly();
    expect(await lastWords(direct, /5\.00 GiB/, 6_000)).toContain('through the NAT gateway');
  });

  test('does not say who is asking: one clear line, no rows, and the same line of the log by reference', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('users.info', { kind: 'status', status: 500 }, 3);
    await ask();
    const words = await lastWords(costs, /Slack did not say who you are/, 6_000);
    expect(words).toMatch(/Reference [0-9a-f]{8}/);
    expect(words).not.toContain('GiB');
    expect(fixture.asked).toHaveLength(0);
  });

  test('cannot open the composer: the person hears of it', async () => {
    fixture = await startFixture();
    fixture.demo.workspace.faults.failNext('views.open', { kind: 'error', error: 'expired_trigger_id' });
    await ask('/netcost');
    expect(await lastWords(costs, /reference/)).toContain('Something went wrong');
  });
});

describe('the web socket', () => {
  test('breaks: the bot says so, comes back by itself and answers', async () => {
    fixture = await startFixture({ transport: 'socket' });
    expect(fixture.demo.slack.isConnected()).toBe(true);
    fixture.demo.workspace.dropSockets();
    await until(() => !fixture.demo.slack.isConnected(), 'the break is seen');
    for (let tries = 0; tries < 40 && !fixture.demo.slack.isConnected(); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 250));
    await ask();
    expect(await lastWords(costs, /5\.00 GiB/)).toContain('S3');
  });
});

describe('a button', () => {
  async function press(actionId: string, value: string, user: string = dana): Promise<void> {
    const { room, acts } = fixture.demo.workspace;
    const elements = [{ type: 'button', action_id: actionId, text: { type: 'plain_text', text: 'Press' }, value }];
    const message = room.post({
      channel: costs,
      userId: room.cast.bot.userId,
      text: 'x',
      blocks: [{ type: 'actions', block_id: 'b', elements }],
    });
    await acts.press(user, costs, message.ts, 'b', actionId);
  }

  test.each([
    ['of an older version', 'gone_since', 'x', /older version of netcost/],
    ['without a question', 'share', 'nonsense', /carries no question/],
    ['that stops what has ended', 'cancel', 'no-such-run', /has ended already/],
  ])('%s is answered in one line', async (_, actionId, value, expected) => {
    fixture = await startFixture();
    await press(actionId, value);
    expect(await lastWords(costs, expected)).toContain('Only visible to you');
    expect(fixture.asked).toHaveLength(0);
  });

  test('that stops somebody else’s question does not', async () => {
    fixture = await startFixture({ ask: () => new Promise(() => {}) });
    await ask();
    const waiting = await until(
      () =>
        fixture
          .seen(dana, costs)
          .at(-1)
          ?.blocks.find((block) => JSON.stringify(block).includes('cancel')),
      'the waiting line',
    );
    const runId = /"value":"([^"]+)"/.exec(JSON.stringify(waiting))?.[1] ?? '';
    await until(() => fixture.asked.length === 1, 'the question runs');
    await press('cancel', runId, PEOPLE.miguel);
    await until(
      () => fixture.seen(PEOPLE.miguel, costs).some((message) => message.text.includes('Only the person who asked')),
      'the refusal',
    );
    expect(fixture.demo.slack.inFlight()).toBe(1);
  });
});

describe('netcost itself', () => {
  test('fails: one line and a reference, and no stack trace', async () => {
    fixture = await startFixture({
      ask: async () => {
        throw new TypeError("Cannot read properties of undefined (reading 'secret')");
      },
    });
    await ask();
    const words = await lastWords(costs, /Something went wrong/);
    expect(words).toMatch(/Reference [0-9a-f]{8}/);
    expect(words).not.toMatch(/TypeError|secret| at /);
    expect(fixture.audit.at(-1)).toMatchObject({ outcome: 'failed', via: 'command', channel: costs });
  });

  test('is asked the same twice at once: it works once and answers both', async () => {
    let runs = 0;
    let finish = () => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    fixture = await startFixture({
      ask: async ({ text, nowMs }) => {
        runs += 1;
        await gate;
        return answerTo(text, nowMs, [['S3', 1024n ** 3n]]);
      },
    });
    await Promise.all([ask(), ask('/netcost  since=24h   by=service')]);
    await until(() => fixture.asked.length > 0, 'the question arrives');
    await new Promise((resolve) => setTimeout(resolve, 50));
    finish();
    await until(
      () => fixture.seen(dana, costs).filter((message) => message.text.includes('1.00 GiB')).length === 2,
      'both answers',
    );
    expect(runs).toBe(1);
  });

  test('gets the same event twice: it answers once', async () => {
    const signingSecret = 'the secret of this test';
    fixture = await startFixture({ signingSecret });
    const { room } = fixture.demo.workspace;
    const event = {
      type: 'app_mention',
      user: dana,
      text: `<@${room.cast.bot.userId}> since=24h by=service`,
      ts: '1.1',
      channel: costs,
      event_ts: '1.1',
    };
    const body = JSON.stringify({
      type: 'event_callback',
      team_id: room.cast.team.id,
      api_app_id: 'A1',
      event_id: 'Ev1',
      event_time: 1,
      event,
    });
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const headers = { 'content-type': 'application/json', ...signRequest(signingSecret, body, Date.now()) };
      expect((await fetch(fixture.demo.botUrl ?? '', { method: 'POST', headers, body })).status).toBe(200);
    }
    await lastWords(costs, /5\.00 GiB/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.asked).toHaveLength(1);
  });
});
