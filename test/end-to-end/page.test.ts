import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Ask } from '../../src/answers/reply.js';
import { NetcostError } from '../../src/errors.js';
import { findChromium, hasBrowser, launch } from './browser.js';
import { CHANNELS, type Fixture, PEOPLE, startFixture } from './demo-fixture.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const isThere = hasBrowser();

let browser: Browser | undefined;
let fixture: Fixture | undefined;
let page: Page | undefined;
const errors: string[] = [];

beforeAll(async () => {
  if (isThere) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  await page?.context().close();
  await fixture?.demo.stop();
  page = undefined;
  fixture = undefined;
  expect(errors.splice(0)).toEqual([]);
});

async function open(
  options: Parameters<typeof startFixture>[0] = {},
  view: { readonly width?: number; readonly dark?: boolean; readonly user?: string; readonly channel?: string } = {},
): Promise<Page> {
  fixture = await startFixture(options);
  if (browser === undefined) throw new Error('There is no browser.');
  const context = await browser.newContext({
    viewport: { width: view.width ?? 1280, height: 860 },
    colorScheme: view.dark ? 'dark' : 'light',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const query = new URLSearchParams({ user: view.user ?? PEOPLE.dana, channel: view.channel ?? CHANNELS.costs });
  await page.goto(`${fixture.demo.url}/?${query}`);
  await page.locator('[data-channel][aria-current=true]').waitFor({ state: 'attached' });
  return page;
}

async function ask(on: Page, text: string): Promise<void> {
  await on.locator('#line').fill(text);
  await on.keyboard.press('Escape');
  await on.keyboard.press('Enter');
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
  readonly passes: readonly unknown[];
}

async function faultsOf(on: Page): Promise<readonly string[]> {
  await on.evaluate(axeSource);
  const { violations, passes } = await on.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<AxeResults> } };
    const results = await axe.run();
    return {
      passes: results.passes.length,
      violations: results.violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0]?.html ?? '' })),
    };
  });
  // A run that looked at nothing finds nothing.
  expect(passes).toBeGreaterThan(15);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, html }) => `${id}: ${html}`);
}

const question = '/netcost team=payments since=24h by=service';

describe.runIf(isThere).each(['http', 'socket'] as const)('the page, over %s', (transport) => {
  test('a question is typed and answered with a table, and a follow-up answers in its place', async () => {
    const on = await open({ transport });
    await ask(on, question);
    await on.getByRole('rowheader', { name: 'S3' }).waitFor();
    expect(await on.locator('.message').count()).toBe(1);
    await on.getByRole('button', { name: 'By destination' }).click();
    await on.getByRole('columnheader', { name: 'Destination' }).waitFor();
    expect(await on.locator('.message').count()).toBe(1);
    expect(fixture?.asked.map((call) => call.text)).toEqual([
      'team=payments since=24h by=service',
      'team=payments since=24h by=remote',
    ]);
    expect(fixture?.asked[1]?.nowMs).toBe(fixture?.asked[0]?.nowMs);
  });

  test('an empty /netcost opens the composer, which checks while one types and asks', async () => {
    const on = await open({ transport });
    await ask(on, '/netcost');
    const dialog = on.getByRole('dialog', { name: 'Ask netcost' });
    await dialog.getByRole('checkbox', { name: 'payments' }).check();
    await dialog.getByText('/netcost team=payments since=24h by=service').waitFor();
    await dialog.getByLabel('More words').fill('servcie=S3');
    await dialog.getByText('servcie').last().waitFor();
    await dialog
      .getByText(/service/)
      .last()
      .waitFor();
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'servcie' }).waitFor();
    await dialog.getByLabel('More words').fill('service=S3');
    await dialog.getByText('/netcost team=payments since=24h by=service service=S3').waitFor();
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await on.getByRole('rowheader', { name: 'S3' }).waitFor();
    await dialog.waitFor({ state: 'hidden' });
    expect(fixture?.asked.at(-1)?.text).toBe('team=payments since=24h by=service service=S3');
  });

  test('sharing into a public channel asks first, then everybody there can read it', async () => {
    const on = await open({ transport });
    await ask(on, question);
    await on.getByRole('button', { name: 'Share this answer' }).click();
    await on.getByText('Share this answer in #cloud-costs with all 3 people there?').waitFor();
    expect(fixture?.seen(PEOPLE.miguel, CHANNELS.costs)).toHaveLength(0);
    await on.getByRole('button', { name: 'Share it' }).click();
    await on.getByText('Shared by @Dana Fox').waitFor();
    expect(fixture?.seen(PEOPLE.miguel, CHANNELS.costs)).toHaveLength(1);
    await on.getByText('Share this answer in #cloud-costs').waitFor({ state: 'detached' });
  });

  test('the CSV comes as a file into the direct messages', async () => {
    const on = await open({ transport });
    await ask(on, question);
    await on.getByRole('button', { name: 'All rows as a CSV file' }).click();
    await on.getByText('The CSV is in your direct messages with netcost').waitFor();
    await on.getByRole('button', { name: 'netcost new messages' }).click();
    const [download] = await Promise.all([on.waitForEvent('download'), on.locator('a.file').click()]);
    expect(download.suggestedFilename()).toMatch(/^netcost-\d{4}-\d\d-\d\d-service\.csv$/);
    expect(readFileSync(await download.path(), 'utf8')).toBe('key,bytes\nS3,4294967296\nEC2,1073741824\n');
    expect(fixture?.asked.at(-1)?.text).toContain('top=1000');
  });

  test('a slow question shows that it is being worked on, and can be cancelled', async () => {
    let aborted = false;
    const slow: Ask = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(new NetcostError('cancelled', 'Stopped.'));
        });
      });
    const on = await open({ transport, ask: slow });
    await ask(on, question);
    await on.getByText('Reading the flow logs for').waitFor();
    await on.getByRole('button', { name: 'Stop this question' }).click();
    await on.getByText('Stopped. Nothing was posted.').waitFor();
    expect(await on.locator('.message').count()).toBe(1);
    expect(aborted).toBe(true);
  });
});

describe.runIf(isThere)('the page', () => {
  test('an answer of a direct message is shared in a channel that is picked', async () => {
    const on = await open({}, { channel: `D${PEOPLE.dana.slice(1)}` });
    await ask(on, 'since=24h by=service');
    await on.getByRole('button', { name: 'Share this answer' }).click();
    const dialog = on.getByRole('dialog', { name: 'Share this answer' });
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await dialog.getByText('Please complete this required field.').waitFor();
    await dialog.getByLabel('Channel').selectOption({ label: '#payments-oncall' });
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await on.getByText('Shared in #payments-oncall.').waitFor();
    expect(fixture?.seen(PEOPLE.miguel, CHANNELS.payments)).toHaveLength(1);
  });

  test('the query that ran is shown in a window', async () => {
    const on = await open();
    await ask(on, question);
    await on.getByRole('button', { name: 'Show the query' }).click();
    await on.getByRole('dialog', { name: 'The query' }).getByText('SELECT sum(bytes) FROM legs').waitFor();
    await on.keyboard.press('Escape');
    await on.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  test('a mention is answered in its thread, for everybody there', async () => {
    const on = await open();
    await ask(on, '@netcost since=24h by=service');
    await on.getByRole('button', { name: '1 reply' }).click();
    await on.locator('#thread').getByRole('rowheader', { name: 'S3' }).waitFor();
    expect(fixture?.seen(PEOPLE.miguel, CHANNELS.costs)).toHaveLength(2);
  });

  test('a direct message is a question, and the Home tab offers more', async () => {
    const on = await open({}, { channel: `D${PEOPLE.dana.slice(1)}` });
    await ask(on, 'since=24h by=service');
    await on.getByRole('rowheader', { name: 'S3' }).waitFor();
    await on.getByRole('button', { name: 'Home' }).click();
    await on.locator('#home').getByText('You may see every team.').waitFor();
    await on.locator('#home').getByRole('button', { name: 'Services, last 7 days' }).click();
    await on.getByRole('button', { name: 'Messages' }).click();
    await on.locator('.message').nth(2).getByRole('rowheader', { name: 'S3' }).waitFor();
    expect(fixture?.asked.at(-1)?.text).toBe('since=7d by=service');
  });

  test('the shortcut on a message says who is behind its addresses', async () => {
    const who = {
      name: 'who',
      usage: 'who ADDRESS…',
      summary: 'says who',
      handle: async ({ text }: { readonly text: string }) => ({
        kind: 'text' as const,
        lines: [`asked about ${text}`],
      }),
    };
    const on = await open({ more: [who] });
    await ask(on, 'the alarm says 10.20.0.7 talks to 52.216.1.1:443');
    await on.locator('.message').hover();
    await on.getByRole('button', { name: 'Who is behind this?' }).click();
    await on.getByText('asked about 10.20.0.7 52.216.1.1').waitFor();
  });

  test('completion offers words and values by keyboard alone', async () => {
    const on = await open();
    await on.keyboard.press('/');
    await on.keyboard.type('te');
    await on.getByRole('option', { name: 'team=' }).waitFor();
    await on.keyboard.press('Tab');
    await on.keyboard.type('pay');
    await on.keyboard.press('Tab');
    await on.keyboard.press('Space');
    await on.keyboard.type('by=serv');
    await on.keyboard.press('Tab');
    expect(await on.locator('#line').inputValue()).toBe('/netcost team=payments by=service');
    await on.keyboard.press('Escape');
    await on.keyboard.press('Enter');
    await on.getByRole('rowheader', { name: 'S3' }).waitFor();
  });

  test.each([
    ['light', 1280, false],
    ['dark', 1280, true],
    ['phone', 390, false],
  ] as const)('axe finds no serious fault: %s', async (_, width, dark) => {
    const on = await open({}, { width, dark });
    await ask(on, question);
    await on.getByRole('rowheader', { name: 'S3' }).waitFor();
    expect(await faultsOf(on)).toEqual([]);
    await ask(on, '/netcost help');
    await on.getByText('What you can ask').waitFor();
    await on.locator('#line').fill('/netcost ');
    await on.locator('#complete [role=option]').first().waitFor();
    expect(await faultsOf(on)).toEqual([]);
    await ask(on, '/netcost');
    await on.getByRole('dialog').getByText('Window (UTC)').waitFor();
    expect(await faultsOf(on)).toEqual([]);
    await on.keyboard.press('Escape');
    if (width > 600) {
      await on.getByRole('button', { name: 'netcost', exact: true }).click();
      await on.getByRole('button', { name: 'Home' }).click();
      await on.locator('#home h3').waitFor();
      expect(await faultsOf(on)).toEqual([]);
    }
    const overflow = await on.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

test('in CI a browser is there', () => {
  expect(isThere).toBe(findChromium() !== undefined);
  expect(browser?.isConnected() ?? false).toBe(isThere);
});
