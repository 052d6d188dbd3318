import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { HomeAsker, HomeDeps } from '../../src/slack/home-facts.js';
import type { PersonalSettings } from '../../src/state/personal-settings.js';
import { HOME_FACTS, MONTH_MESSAGES } from '../slack/month-messages.js';
import { hasBrowser, launch } from './browser.js';
import { CHANNELS, type Fixture, PEOPLE, startFixture } from './demo-fixture.js';

const isThere = hasBrowser();
/** A small phone: what is left of 390 × 844 between Slack's title and the line that one writes in. */
const SCREEN = { width: 390, height: 844, readable: 690 };
const NO_SETTINGS: PersonalSettings = { teams: [], zone: undefined };
let browser: Browser;
let fixture: Fixture;
let page: Page;
let saved: PersonalSettings = NO_SETTINGS;
let asked: HomeAsker[] = [];
let mornings = 0;

const home: HomeDeps = {
  readSettings: async () => saved,
  writeSettings: async (_, settings) => {
    saved = settings;
  },
  facts: async (asker) => {
    asked.push(asker);
    return HOME_FACTS;
  },
};
const tomorrow = async () => {
  mornings += 1;
  const { room } = fixture.demo.workspace;
  room.post({ channel: CHANNELS.costs, userId: room.cast.bot.userId, text: 'The digest of the day.' });
};

beforeAll(async () => {
  if (!isThere) return;
  browser = await launch();
  fixture = await startFixture({ home, tomorrow });
});
afterAll(async () => {
  await browser?.close();
  await fixture?.demo.stop();
});
afterEach(async () => {
  await page?.context().close();
  [saved, asked, mornings] = [NO_SETTINGS, [], 0];
});

async function open(channel: string, viewport = { width: 1280, height: 900 }): Promise<Page> {
  page = await (await browser.newContext({ viewport })).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${fixture.demo.url}/?user=${PEOPLE.dana}&channel=${channel}`);
  await page.locator('[data-channel][aria-current=true]').waitFor({ state: 'attached' });
  return page;
}
const direct = () => fixture.demo.workspace.room.directChannel(PEOPLE.dana).id;
const shoot = async (on: Page, name: string) => {
  if (process.env.NETCOST_SHOTS) await on.screenshot({ path: `${process.env.NETCOST_SHOTS}/${name}.png` });
};

describe.runIf(isThere)('on a phone', () => {
  test.each(Object.entries(MONTH_MESSAGES))('%s is one screen', async (name, message) => {
    const { room } = fixture.demo.workspace;
    const blocks = message.blocks.map((block, index) => ({ ...block, block_id: `b${index}` }));
    const { ts } = room.post({ channel: CHANNELS.costs, userId: room.cast.bot.userId, text: message.text, blocks });
    const on = await open(CHANNELS.costs, SCREEN);
    const article = on.locator(`article[data-ts="${ts}"]`);
    await article.waitFor();
    const box = await article.boundingBox();
    const isWide = await on.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(isWide).toBe(false);
    // One screen; what stands in the thread may be longer.
    if (!name.endsWith('-thread')) expect(box?.height).toBeLessThanOrEqual(SCREEN.readable);
    if (name === 'nat-digest-quiet') expect(box?.height).toBeLessThanOrEqual(170);
    if (process.env.NETCOST_SHOTS) await article.screenshot({ path: `${process.env.NETCOST_SHOTS}/${name}.png` });
  });

  test('the home is no wider than the screen', async () => {
    const on = await open(direct(), SCREEN);
    await on.getByRole('button', { name: 'Home' }).click();
    await on.locator('#home').getByText('November 2026 so far').waitFor();
    expect(await on.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
    await shoot(on, 'home-phone');
  });
});

describe.runIf(isThere)('the home', () => {
  test('shows the month, and asks where it went', async () => {
    const on = await open(direct());
    await on.getByRole('button', { name: 'Home' }).click();
    const tab = on.locator('#home');
    await tab.getByText('82 % · $412.10 of $500.00').waitFor();
    await tab.getByText('NAT bytes of agents up').waitFor();
    await tab.getByText('daily at 09:00 Europe/Berlin').waitFor();
    await shoot(on, 'home');
    await tab.getByRole('button', { name: 'Where to: payments this month' }).click();
    await expect.poll(() => fixture.asked.at(-1)?.text).toBe('team=payments since=month by=service');
  });

  test('keeps the teams and the zone of a person, and refuses a zone that is none', async () => {
    const on = await open(direct());
    await on.getByRole('button', { name: 'Home' }).click();
    await on.locator('#home').getByRole('button', { name: 'Choose my teams: teams and time zone' }).click();
    const window = on.locator('#window');
    await window.getByText('Time zone').waitFor();
    await window.locator('[data-block="zone"] input, input[data-block="zone"]').first().fill('Berlin');
    await window.getByRole('button', { name: 'Save' }).click();
    await window.getByText('"Berlin" is no time zone.').waitFor();
    await shoot(on, 'settings');
    expect(saved).toEqual(NO_SETTINGS);
    await window.locator('[data-block="zone"] input, input[data-block="zone"]').first().fill('europe/berlin');
    await window.locator('.pill', { hasText: 'payments' }).click();
    await window.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => saved).toEqual({ teams: ['payments'], zone: 'Europe/Berlin' });
    await on.locator('#home').getByText('Your time zone: Europe/Berlin.').waitFor();
    expect(asked.at(-1)).toMatchObject({ userId: PEOPLE.dana, settings: saved });
  });
});

describe.runIf(isThere)('tomorrow morning', () => {
  test('comes by a button, once a press, and says what time it is', async () => {
    const on = await open(CHANNELS.costs);
    await on.getByText('The clock of this demo').waitFor();
    await on.getByRole('button', { name: 'Make it tomorrow morning' }).click();
    await on.getByText('The digest of the day.').last().waitFor();
    await on
      .locator('#toast')
      .getByText(/^It is \w{3} \d+ \w{3}, \d\d:\d\d UTC/)
      .waitFor();
    expect(mornings).toBe(1);
    await shoot(on, 'tomorrow');
  });

  test('is no button where time passes by itself', async () => {
    const other = await startFixture();
    try {
      page = await (await browser.newContext()).newPage();
      await page.goto(`${other.demo.url}/?user=${PEOPLE.dana}&channel=${CHANNELS.costs}`);
      await page.locator('[data-channel][aria-current=true]').waitFor({ state: 'attached' });
      expect(await page.getByRole('button', { name: 'Make it tomorrow morning' }).count()).toBe(0);
      const answer = await fetch(`${other.demo.url}/client/tomorrow`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-workspace': '1' },
        body: JSON.stringify({ user: PEOPLE.dana }),
      });
      expect(answer.status).toBe(403);
    } finally {
      await other.demo.stop();
    }
  });
});
