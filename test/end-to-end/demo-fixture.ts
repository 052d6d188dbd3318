import * as ask from '../../commands/ask.js';
import * as netcost from '../../commands/netcost.js';
import type { Answer } from '../../src/answers/answer.js';
import type { Ask, Call, Command } from '../../src/answers/reply.js';
import { SILENT } from '../../src/log.js';
import { parseQuestion } from '../../src/query/parse.js';
import { type AccessRules, OPEN_ACCESS } from '../../src/slack/access.js';
import type { HomeDeps } from '../../src/slack/home-facts.js';
import type { AuditLine } from '../../src/slack/slack-deps.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { type Demo, startDemo } from '../../src/workspace/start-demo.js';

export const PEOPLE = {
  dana: 'U0DANA001',
  miguel: 'U0MIGUEL1',
  priya: 'U0PRIYA01',
  guest: 'U0GUEST01',
  stranger: 'U0PARTNER',
} as const;
export const CHANNELS = {
  costs: 'C0COSTS01',
  payments: 'C0PAY0001',
  general: 'C0GENERAL',
  shared: 'C0SHARED1',
} as const;

/** An answer with these rows, whatever is asked; the question itself is really parsed. */
export function answerTo(text: string, nowMs: number, rows: readonly (readonly [string, bigint])[]): Answer {
  const query = parseQuestion(text, { nowMs });
  const total = rows.reduce((sum, [, bytes]) => sum + bytes, 0n);
  const usd = (bytes: bigint) => ((Number(bytes) / 1024 ** 3) * 0.045).toFixed(4);
  const sums = (bytes: bigint) => ({
    bytes,
    bytesUp: bytes / 4n,
    bytesDown: bytes - bytes / 4n,
    packets: bytes / 1000n,
    flows: 3n,
    usd: usd(bytes),
  });
  const previous = query.compare === undefined ? {} : { previous: { bytes: total / 2n, usd: usd(total / 2n) } };
  return {
    query,
    window: { from: new Date(query.window.fromMs).toISOString(), to: new Date(query.window.toMs).toISOString() },
    rows: rows.map(([name, bytes]) => ({
      key: Object.fromEntries(query.by.map((key, index) => [key, index === 0 ? name : 'other'])),
      ...sums(bytes),
      ...(query.compare === undefined ? {} : { previous: { bytes: bytes / 2n, usd: usd(bytes / 2n) } }),
    })),
    rest: { groups: 0, bytes: 0n, usd: '0.0000' },
    total: { ...sums(total), ...previous },
    coverage: {
      hoursAsked: 24,
      hoursWithData: 24,
      completeUntil: new Date(nowMs).toISOString(),
      gatewaysWithoutLogs: [],
      skipDataRows: 0,
      noDataRows: 0,
      rejectedFlows: 0,
      malformedLines: 0,
      lowerBound: false,
    },
    caveats: [],
    cost: { engine: 'embedded', bytesScanned: 0, usd: '0' },
    tookMs: 3,
    statement: 'SELECT sum(bytes) FROM legs',
  };
}

export interface Fixture {
  readonly demo: Demo;
  readonly audit: AuditLine[];
  /** Every call that reached the commands. */
  readonly asked: Call[];
  /** What a person sees in a channel, ephemeral messages for them included. */
  readonly seen: (userId: string, channel: string) => readonly RoomMessage[];
}

/** The real bot on the local workspace with an engine that answers from `rows`. Stop it with `demo.stop()`. */
export async function startFixture(
  options: {
    readonly rows?: readonly (readonly [string, bigint])[];
    readonly ask?: Ask;
    readonly access?: AccessRules;
    readonly transport?: 'http' | 'socket';
    readonly signingSecret?: string;
    readonly more?: readonly Command[];
    readonly home?: HomeDeps;
    readonly tomorrow?: () => Promise<void>;
  } = {},
): Promise<Fixture> {
  const audit: AuditLine[] = [];
  const asked: Call[] = [];
  const rows = options.rows ?? [
    ['S3', 4_294_967_296n],
    ['EC2', 1_073_741_824n],
  ];
  const answer: Ask = options.ask ?? (async ({ text, nowMs }) => answerTo(text, nowMs, rows));
  const commands: Command[] = [
    { name: 'ask', usage: ask.usage, summary: ask.summary, handle: (call) => ask.handle({ ask: answer }, call) },
    ...(options.more ?? []),
  ];
  const demo = await startDemo({
    port: 0,
    teams: ['payments', 'search'],
    transport: options.transport ?? 'http',
    ...(options.signingSecret === undefined ? {} : { signingSecret: options.signingSecret }),
    slack: {
      dispatch: async (call) => {
        asked.push(call);
        return netcost.handle({ commands }, call);
      },
      csv: (got) =>
        `key,bytes\n${got.rows.map((row) => `${Object.values(row.key).join(' ')},${row.bytes}`).join('\n')}\n`,
      teams: async () => ['payments', 'search'],
      access: options.access ?? OPEN_ACCESS,
      now: () => Date.now(),
      log: SILENT,
      onCall: (line) => audit.push(line),
      ...(options.home === undefined ? {} : { home: options.home }),
    },
    ...(options.tomorrow === undefined ? {} : { tomorrow: options.tomorrow }),
  });
  const seen = (userId: string, channel: string) =>
    demo.workspace.room
      .messages(channel)
      .filter((message) => message.ephemeralFor === undefined || message.ephemeralFor === userId);
  return { demo, audit, asked, seen };
}

/** Waits until the condition holds, at most ten seconds of an idle machine. */
export async function until<T>(probe: () => T | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not happen within ten seconds: ${what}`);
}

/** The words of a message as a person reads them, tags taken out of the page's own HTML. */
export function readable(html: string): string {
  return html
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}
