import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SILENT } from '../../src/log.js';
import { prepareDemoTriage } from '../../src/main/demo-triage.js';
import { OPEN_ACCESS } from '../../src/slack/access.js';
import { openState } from '../../src/state/open-state.js';
import { startDemo } from '../../src/workspace/start-demo.js';
import { hasBrowser, launch } from './browser.js';
import { PEOPLE } from './demo-fixture.js';

const dir = mkdtempSync(join(tmpdir(), 'netcost-triage-page-'));
let browser: Browser | undefined;
beforeAll(async () => {
  if (hasBrowser()) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  rmSync(dir, { recursive: true, force: true });
});

test.runIf(hasBrowser())(
  'an alert arrives by a button of the page: its thread, on a phone, with all its parts',
  async () => {
    const state = await openState({ kind: 'sqlite', file: ':memory:' });
    const triage = prepareDemoTriage({
      dir,
      state,
      access: OPEN_ACCESS,
      teams: async () => ['payments'],
      nowMs: () => Date.now(),
      log: SILENT,
      say: () => {},
    });
    const demo = await startDemo({
      port: 0,
      slack: {
        dispatch: async () => ({ kind: 'text', lines: [] }),
        csv: () => '',
        teams: async () => [],
        access: OPEN_ACCESS,
        now: () => Date.now(),
        log: SILENT,
      },
      triage: triage.bind,
      alerts: triage.alerts,
    });
    await triage.start();
    try {
      const page = await browser!.newPage({ viewport: { width: 390, height: 844 } });
      await page.goto(`${demo.url}/?user=${PEOPLE.dana}&channel=C0COSTS01`);
      await page.getByRole('button', { name: 'Channels' }).click();
      const startedMs = performance.now();
      await page.getByRole('button', { name: 'An alert with a red herring' }).click();
      const headline = page.locator('#messages .message').last();
      await headline.getByText('NAT gateways took').waitFor({ timeout: 60_000 });
      process.stdout.write(
        `red herring: thread with its diagnosis after ${Math.round(performance.now() - startedMs)} ms\n`,
      );
      expect(await headline.textContent()).toContain('checkout');
      expect(await headline.textContent()).not.toContain('payments-api');
      for (const name of ['Fixed', 'Expected', 'Not an issue', 'Snooze…', 'Run again'])
        expect(await headline.getByRole('button', { name }).count()).toBeGreaterThan(0);
      // Nothing is wider than the phone.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await headline.locator('[data-thread]').last().click();
      const thread = page.locator('#thread-messages');
      await thread.getByText('Not known').waitFor({ timeout: 30_000 });
      await thread.locator('.file').waitFor({ timeout: 30_000 });
      for (const words of ['Known', 'Possible', 'Do', 'S3 same region', 'Asked 6 sources'])
        expect(await thread.textContent()).toContain(words);
      expect(await thread.textContent()).toContain('UpdateService');
      expect(await thread.locator('figure.chart').count()).toBe(1);
      const shots = process.env.NETCOST_SCREENSHOTS;
      if (shots !== undefined) {
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, 'triage-thread.png') });
      }
    } finally {
      await triage.stop();
      await demo.stop();
      await state.close();
    }
  },
);
