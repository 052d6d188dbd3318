import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIGEST_MESSAGES } from '../slack/digest-messages.js';
import { SCAN_MESSAGES } from '../slack/scan-messages.js';
import { hasBrowser, launch } from './browser.js';
import { CHANNELS, type Fixture, PEOPLE, startFixture } from './demo-fixture.js';

const isThere = hasBrowser();
/** A small phone: what is left of 390 × 844 between Slack's title and the line that one writes in. */
const SCREEN = { width: 390, height: 844, readable: 690 };
let browser: Browser;
let fixture: Fixture;
let page: Page;

beforeAll(async () => {
  if (!isThere) return;
  browser = await launch();
  fixture = await startFixture();
  page = await (await browser.newContext({ viewport: SCREEN })).newPage();
});
afterAll(async () => {
  await browser?.close();
  await fixture?.demo.stop();
});

describe.runIf(isThere)('on a phone', () => {
  test.each(Object.entries({ ...DIGEST_MESSAGES, ...SCAN_MESSAGES }).filter(([name]) => /^(digest|scan)-/.test(name)))(
    '%s',
    async (name, message) => {
      const { room } = fixture.demo.workspace;
      const blocks = message.blocks.map((block, index) => ({ ...block, block_id: `b${index}` }));
      const { ts } = room.post({ channel: CHANNELS.costs, userId: room.cast.bot.userId, text: message.text, blocks });
      await page.goto(`${fixture.demo.url}/?user=${PEOPLE.dana}&channel=${CHANNELS.costs}`);
      const article = page.locator(`article[data-ts="${ts}"]`);
      await article.waitFor();
      const box = await article.boundingBox();
      expect(box?.width).toBeLessThanOrEqual(SCREEN.width);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(isWide).toBe(false);
      // One screen; the thread may be longer, and a quiet day is a line or two with its author above.
      if (!name.endsWith('-thread')) expect(box?.height).toBeLessThanOrEqual(SCREEN.readable);
      // What is asked or under way leaves room for the conversation around it.
      if (name.startsWith('scan-')) expect(box?.height).toBeLessThanOrEqual(260);
      if (name.startsWith('digest-quiet')) expect(box?.height).toBeLessThanOrEqual(130);
      if (process.env.NETCOST_SHOTS) await article.screenshot({ path: `${process.env.NETCOST_SHOTS}/${name}.png` });
    },
  );
});
