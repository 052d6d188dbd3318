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

/** In CI a missing browser is a failure, never a test that was passed over. */
function requireBrowser(): string {
  const path = findChromium();
  if (path === undefined)
    throw new Error(
      'There is no Chromium. Install it: apt-get install -y chromium, or npx playwright-core install chromium.',
    );
  return path;
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: requireBrowser(), args: FLAGS });
}
