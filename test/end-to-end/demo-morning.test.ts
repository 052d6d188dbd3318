import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANNELS, PEOPLE, readable } from './demo-fixture.js';

// The demo as a person starts it: compiled, a process of its own, its page on a free port.
const PROGRAM = join(import.meta.dirname, '../../dist/netcost/cli.js');
let demo: ChildProcess;
let ended: Promise<number | null>;
let url = '';

beforeAll(async () => {
  demo = spawn(process.execPath, [PROGRAM, 'demo', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  ended = new Promise((resolve) => demo.on('close', resolve));
  let said = '';
  url = await new Promise((resolve, reject) => {
    demo.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    void ended.then((status) => reject(new Error(`The demo ended with ${status}: ${said}`)));
  });
}, 120_000);
afterAll(async () => {
  demo.kill('SIGINT');
  expect(await ended).toBe(0);
}, 30_000);

async function act(name: string, body: object = {}): Promise<{ readonly clock?: string }> {
  const response = await fetch(`${url}/client/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-workspace': '1' },
    body: JSON.stringify({ user: PEOPLE.dana, ...body }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { readonly clock?: string };
}

async function messages(channel: string, thread?: string): Promise<readonly { ts: string; words: string }[]> {
  const query = new URLSearchParams({ user: PEOPLE.dana, channel, ...(thread === undefined ? {} : { thread }) });
  const { messages: all } = (await (await fetch(`${url}/client/messages?${query}`)).json()) as {
    readonly messages: readonly { readonly ts: string; readonly html: string }[];
  };
  return all.map(({ ts, html }) => ({ ts, words: readable(html) }));
}

it('makes it tomorrow morning: a whole day of data, the digests once, news of a budget', async () => {
  const today = new Date();
  const { clock = '' } = await act('tomorrow');
  const morning = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + 1, 9));
  expect(clock).toContain(`${morning.getUTCDate()} `);
  expect(clock).toContain('09:00 UTC');
  const costs = await messages(CHANNELS.costs);
  const day = today.toLocaleString('en-GB', { weekday: 'long', timeZone: 'UTC' });
  const digests = costs.filter(
    ({ words }) => words.includes(`All teams · ${day}`) || words.includes(`All teams, ${day}`),
  );
  expect(digests).toHaveLength(1);
  // The day is there in full: nothing about hours that are missing.
  expect(digests[0]?.words).not.toMatch(/hours have no flow logs|at least/);
  const payments = (await messages(CHANNELS.payments)).filter(({ words }) => words.includes('payments'));
  expect(payments.length).toBeGreaterThan(0);
  const news = costs.filter(({ words }) => /of its NAT budget|used up its NAT budget|above its NAT budget/.test(words));
  expect(news.length).toBeGreaterThan(0);
  expect(new Set(news.map(({ words }) => words)).size).toBe(news.length);
}, 120_000);

it('goes on from there: another morning brings another digest', async () => {
  const before = (await messages(CHANNELS.costs)).length;
  await act('tomorrow');
  expect((await messages(CHANNELS.costs)).length).toBeGreaterThan(before);
}, 120_000);
