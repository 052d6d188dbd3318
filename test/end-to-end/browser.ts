import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where a Chromium is: CHROMIUM, Debian's, Chrome's, or Playwright's own. Undefined where there is none. */
export function findChromium(): string | undefined {
  const own = chromium.executablePath();
  return [process.env.CHROMIUM ?? '', ...PLACES, own].find((path) => path !== '' && existsSync(path));
}

/**
 * Whether tests in a browser run. In CI they always do, and fail where there is none; elsewhere a missing browser is
 * said once, with what to install.
 */
export function hasBrowser(): boolean {
  if (process.env.CI || findChromium() !== undefined) return true;
  process.stderr.write(`Not tested: the page. ${MISSING}\n`);
  return false;
}

const MISSING =
  'There is no Chromium. Install it: apt-get install -y chromium, or npx playwright-core install chromium.';

export function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(MISSING);
  return chromium.launch({ executablePath, args: FLAGS });
}
