import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Execution } from '../fixtures/athena-server.js';
import { type AthenaBot, startAthenaBot } from './athena-fixture.js';
import { CHANNELS, PEOPLE, until } from './demo-fixture.js';

// The bot that `netcost start` starts, with signed requests on one side and Athena's protocol on the other.

const { dana, miguel, priya } = PEOPLE;
const { costs } = CHANNELS;

let bot: AthenaBot;
beforeAll(async () => {
  bot = await startAthenaBot();
}, 30_000);
afterAll(() => bot.stop());
afterEach(() => {
  bot.athena.release();
  bot.athena.heldBytes = 5e9;
});

let days = 0;
/** A question about a day that nobody asked about before: none of its surveys and results is kept. */
function question(by = 'service'): string {
  days += 1;
  const day = new Date(Date.UTC(2026, 8, 1) + days * 86_400_000).toISOString().slice(0, 10);
  return `since=${day}T00:00..${day}T23:59 by=${by}`;
}

const questions = () => bot.athena.executions.filter(({ isSurvey }) => !isSurvey);
const begunSince = (before: number) => until(() => questions()[before], 'that the statement begins');

/** Asks a dear question, and gives the message that has its price: 30 GB for the day, and as much for the survey. */
async function price(text = question(), user: string = dana): Promise<string> {
  bot.athena.objectBytes = 30e9;
  const before = bot.athena.executions.length;
  await bot.say(user, costs, `/netcost ${text}`);
  const { ts, text: shown } = await bot.sees(user, costs, new RegExp(`This will scan .*${escaped(text)}`));
  expect(shown).toContain('This will scan 55.9 GiB, about $0.27');
  expect(shown).toContain('Only visible to you');
  expect(bot.athena.executions).toHaveLength(before);
  return ts;
}
const escaped = (text: string) => text.replace(/[.+]/g, '\\$&');
const become = (ts: string, words: RegExp, user: string = dana, channel: string = costs) =>
  until(() => {
    const message = bot.seen(user, channel).find((each) => each.ts === ts);
    const shown = message === undefined ? '' : bot.read(message);
    return words.test(shown) ? shown : undefined;
  }, `that the message becomes ${words}`);
/** Progress is shown some seconds after what was shown before, the second time half a minute after the first. */
async function somewhatLater(execution: Execution): Promise<void> {
  await until(() => execution.state === 'RUNNING' && execution.bytes > 0, 'that it reads');
  bot.clock.aheadMs += 30_000;
}
const ANSWER = /through the NAT gateway/;
const READING = /Athena is reading the flow logs/;

test('a question that reads little is answered at once, with what it read and cost', async () => {
  bot.athena.objectBytes = 1e9;
  await bot.say(dana, costs, `/netcost ${question()}`);
  const { text } = await bot.sees(dana, costs, ANSWER);
  expect(text).toContain('$0.23 · 5.00 GiB through the NAT gateway');
  expect(text).toContain('S3 4.00 GiB 80 %');
  expect(text).toContain('the query scanned 5.59 GiB ($0.03)');
  expect(bot.athena.executions.map(({ isSurvey }) => isSurvey)).toEqual([true, false]);
});

describe('the price of a question, accepted', () => {
  test('becomes how far it is, then its answer, for the asker alone', async () => {
    const ts = await price();
    const before = questions().length;
    bot.athena.isHeld = true;
    const begun = questions().length;
    await bot.press(dana, costs, ts, 'scan');
    await somewhatLater(await begunSince(begun));
    const progress = await become(ts, READING);
    expect(progress).toMatch(/[\d.]+ GiB so far, about \$0\.0\d · after \d+ s, at \d\d:\d\d:\d\d UTC Cancel/);
    bot.athena.release();
    await become(ts, ANSWER);
    expect(questions()).toHaveLength(before + 1);
    expect(bot.seen(miguel, costs)).toHaveLength(0);
  });

  test('is accepted once, however often the button is pressed', async () => {
    const ts = await price();
    const before = questions().length;
    await Promise.all([bot.press(dana, costs, ts, 'scan'), bot.press(dana, costs, ts, 'scan')]);
    await become(ts, ANSWER);
    expect((await bot.sees(dana, costs, /accepted already/)).ts).not.toBe(ts);
    expect(questions()).toHaveLength(before + 1);
  });

  test('is good for half an hour: after it nothing is scanned, and the price of now is a press away', async () => {
    const ts = await price();
    const before = bot.athena.executions.length;
    bot.clock.aheadMs += 31 * 60_000;
    await bot.press(dana, costs, ts, 'scan');
    expect(await become(ts, /more than half an hour old/)).toContain('Nothing was scanned');
    await bot.press(dana, costs, ts, 'ask:price');
    await become(ts, /This will scan/);
    expect(bot.athena.executions).toHaveLength(before);
  });

  test('is remembered by the button alone: a restart in between changes nothing', async () => {
    const ts = await price();
    await bot.restart();
    await bot.press(dana, costs, ts, 'scan');
    await become(ts, ANSWER);
  });

  test('in a thread, is the asker’s to accept, and the answer stands where the price stood', async () => {
    bot.athena.objectBytes = 30e9;
    await bot.say(dana, costs, `@netcost ${question()}`);
    const { ts } = await bot.sees(miguel, costs, /This will scan/);
    const before = bot.athena.executions.length;
    await bot.press(miguel, costs, ts, 'scan');
    await bot.sees(miguel, costs, /Only the person who asked can accept this price/);
    expect(bot.athena.executions).toHaveLength(before);
    bot.athena.isHeld = true;
    const begun = questions().length;
    await bot.press(dana, costs, ts, 'scan');
    await somewhatLater(await begunSince(begun));
    await become(ts, READING);
    await bot.press(miguel, costs, ts, 'cancel');
    await bot.sees(miguel, costs, /Only the person who asked can stop this question/);
    bot.athena.release();
    await become(ts, ANSWER, miguel);
    const edits = bot.workspace.calls.filter(({ method, input }) => method === 'chat.update' && input.ts === ts);
    expect(edits.length).toBeGreaterThanOrEqual(3);
    expect(edits.length).toBeLessThanOrEqual(6);
  });

  test('leads to an answer that can be shared, shown and sent without reading anything again', async () => {
    const ts = await price();
    await bot.press(dana, costs, ts, 'scan');
    await become(ts, ANSWER);
    const before = bot.athena.executions.length;
    const { room } = bot.workspace;
    await bot.press(dana, costs, ts, 'statement');
    await until(
      () => [...room.views.values()].some(({ blocks }) => JSON.stringify(blocks).includes('with ')),
      'the SQL',
    );
    await bot.press(dana, costs, ts, 'csv');
    await until(() => room.files.size > 0, 'the CSV');
    await bot.press(dana, costs, ts, 'share');
    const asked = await bot.sees(dana, costs, /Share this answer in|Shared by/);
    if (/Share this answer/.test(asked.text)) await bot.press(dana, costs, asked.ts, 'share_anyway');
    await bot.sees(miguel, costs, /Shared by/);
    expect(bot.athena.executions).toHaveLength(before);
  });
});

describe('a question that Athena works on', () => {
  async function begin(user: string = dana, text = question()) {
    const ts = await price(text, user);
    const before = questions().length;
    bot.athena.isHeld = true;
    await bot.press(user, costs, ts, 'scan');
    const execution = await begunSince(before);
    await somewhatLater(execution);
    await become(ts, READING, user);
    return { ts, execution };
  }

  test('stops in Athena when the person cancels, and says what is billed', async () => {
    const { ts, execution } = await begin();
    await bot.press(dana, costs, ts, 'cancel');
    expect(await become(ts, /Stopped\./)).toMatch(
      /Stopped\. Nothing was posted\. Athena bills what it had read: [\d.]+ GiB, \$0\.0\d\./,
    );
    expect(bot.athena.calls).toContain(`StopQueryExecution ${execution.id}`);
    expect(execution.state).toBe('CANCELLED');
  });

  test('stops alone: another question of the same person goes on', async () => {
    const first = await begin();
    const second = await begin();
    await bot.press(dana, costs, first.ts, 'cancel');
    await become(first.ts, /Stopped\./);
    expect([first.execution.state, second.execution.state]).toEqual(['CANCELLED', 'RUNNING']);
    bot.athena.release();
    await become(second.ts, ANSWER);
  });

  test('counts for the day of the person although it was cancelled', async () => {
    bot.athena.heldBytes = 400e9;
    const { ts } = await begin(priya);
    await bot.press(priya, costs, ts, 'cancel');
    await become(ts, /Stopped\./, priya);
    await bot.say(priya, costs, `/netcost ${question()}`);
    const { text } = await bot.sees(priya, costs, /a person may read/);
    expect(text).toMatch(/Your questions have read [\d.]+ [GT]iB today; this one would read 55\.9 GiB/);
  });

  test('is stopped in Athena when the bot is', async () => {
    const { ts, execution } = await begin();
    await bot.restart();
    expect(execution.state).toBe('CANCELLED');
    await become(ts, /Stopped\. Nothing was posted\. Athena bills what it had read/);
  });
});

test('a question of the home is one message in the direct messages: waiting, progress, answer', async () => {
  bot.athena.objectBytes = 1e9;
  const { room, acts } = bot.workspace;
  const direct = room.directChannel(dana).id;
  const before = bot.seen(dana, direct).length;
  await acts.openHome(dana);
  const home = await until(() => room.homes.get(dana), 'the home');
  const block = home.blocks.find((each) => JSON.stringify(each).includes('"ask:day"'));
  bot.athena.isHeld = true;
  const begun = questions().length;
  await acts.pressInView(dana, home.id, block!.block_id, 'ask:day');
  await somewhatLater(await begunSince(begun));
  const { ts } = await bot.sees(dana, direct, READING);
  bot.athena.release();
  await become(ts, ANSWER, dana, direct);
  expect(bot.seen(dana, direct)).toHaveLength(before + 1);
});

test('a question above the limit is refused with its price, and there is nothing to press', async () => {
  bot.athena.objectBytes = 120e9;
  const before = bot.athena.executions.length;
  await bot.say(miguel, costs, `/netcost ${question()}`);
  const { text } = await bot.sees(miguel, costs, /one question may scan/);
  expect(text).toMatch(
    /This would scan 223\.5 GiB, about \$1\.09; one question may scan 186\.3 GiB\. Ask for a shorter/,
  );
  expect(text).not.toContain('Scan ');
  expect(bot.athena.executions).toHaveLength(before);
});

describe('what counts rows that are kept, where Athena has all of them,', () => {
  test.each([
    '/netcost endpoints',
    '/netcost reconcile',
    '/netcost budget team=unattributed $500/month',
    '/netcost subscribe team=unattributed daily 09:00 UTC',
    '/netcost status',
  ])('says so and shows no zero: %s', async (line) => {
    const before = bot.seen(dana, costs).length;
    await bot.say(dana, costs, line);
    const last = await until(() => {
      const message = bot.seen(dana, costs)[before];
      const shown = message === undefined ? '' : bot.read(message);
      return shown.includes('netcost keeps no flow logs here: Athena reads them, question by question')
        ? shown
        : undefined;
    }, 'the words');
    expect(last).not.toMatch(/\$0\.00|\b0 B\b/);
  });

  test('leaves no budget behind that nothing watches', async () => {
    await bot.say(dana, costs, '/netcost budget');
    await bot.sees(dana, costs, /There is no budget yet/);
  });

  test('says so at home', async () => {
    await bot.workspace.acts.openHome(dana);
    const home = await until(() => {
      const text = JSON.stringify(bot.workspace.room.homes.get(dana)?.blocks ?? []);
      return text.includes('*Data*') ? text : undefined;
    }, 'the home');
    expect(home).toContain('Teams and destinations are not counted here: ask, and Athena reads the flow logs for it.');
    expect(home).not.toMatch(/\$0\.00|\b0 B\b/);
  });
});
