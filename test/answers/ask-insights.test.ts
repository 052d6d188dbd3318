import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskInsightsDeps, askInsights, type InsightsSource } from '../../src/answers/ask-insights.js';
import { loadNaming } from '../../src/answers/load-naming.js';
import { openEngine } from '../../src/answers/open-engine.js';
import { NetcostError } from '../../src/errors.js';
import { readLayout } from '../../src/flows/layout.js';
import { readObjectName } from '../../src/flows/object-names.js';
import { storedInventory } from '../../src/rollups/stored-inventory.js';
import { answerJson } from '../../src/terminal/answer-json.js';
import {
  buildFlowWorld,
  type FlowWorld,
  objectText,
  type ShapeName,
  worldTruth,
  writeFlowWorld,
} from '../fixtures/flow-world.js';
import { insightsOnRows, type RanStatement } from '../fixtures/insights-on-rows.js';

// The same rows twice: in objects that the embedded engine reads, and as events over which the statements are run that
// netcost sends to Logs Insights. All of the answer has to be the same, its coverage and caveats too.

let root: string;
let nth = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-insights-test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** One log group for each flow log of the world. */
function groupsOf(world: FlowWorld): { sources: InsightsSource[]; ran: (readonly RanStatement[])[] } {
  const logs = new Map<string, { header: string; lines: string[] }>();
  for (const object of world.objects) {
    const [header = '', ...lines] = objectText(object).trimEnd().split('\n');
    const id = readObjectName(object.key).flowLogId;
    const log = logs.get(id) ?? { header, lines: [] };
    log.lines.push(...lines);
    logs.set(id, log);
  }
  const ran: (readonly RanStatement[])[] = [];
  const sources = [...logs].map(([flowLogId, { header, lines }]) => {
    const layout = readLayout(header)!;
    const stand = insightsOnRows(lines, layout.at.start);
    ran.push(stand.ran);
    return {
      name: `/vpc/${flowLogId}`,
      flowLogId,
      accountId: '111122223333',
      region: 'us-east-1',
      layout,
      interfaces: undefined,
      run: stand.run,
    };
  });
  return { sources, ran };
}

async function open(world: FlowWorld) {
  nth += 1;
  const files = await writeFlowWorld(world, join(root, String(nth)));
  const engine = await openEngine(
    { flowLogs: files.flowLogsDir, owners: files.ownersFile, ipRanges: files.ipRangesFile },
    { elapsedMs: () => 0 },
  );
  const { sources, ran } = groupsOf(world);
  const deps: AskInsightsDeps = {
    sources,
    inventory: storedInventory(engine.store.catalog)!,
    naming: engine.naming,
    mostBytes: Number.MAX_SAFE_INTEGER,
    elapsedMs: () => 0,
  };
  return { world, engine, deps, ran };
}

const documentOf = (answer: Parameters<typeof answerJson>[0]): Record<string, unknown> => {
  const { cost: _cost, tookMs: _tookMs, coverage, ...rest } = JSON.parse(answerJson(answer)) as Record<string, unknown>;
  // How far rows of gateways go; the embedded engine looks at those of all interfaces that it has read.
  const { completeUntil: _until, ...counted } = coverage as Record<string, unknown>;
  const caveats = (rest.caveats as string[]).filter((text) => !text.includes('next-hop fields'));
  return { ...rest, caveats, coverage: counted };
};

const WINDOW = 'since=2026-11-21T08:00..2026-11-21T11:00';

async function expectSame(
  { world, engine, deps }: Awaited<ReturnType<typeof open>>,
  questions: readonly string[],
  window = WINDOW,
): Promise<void> {
  for (const words of questions) {
    const input = { text: `${window}${words.includes('top=') ? '' : ' top=1000'} ${words}`, nowMs: world.nowMs };
    const [embedded, insights] = [await engine.ask(input), await askInsights(deps, input)];
    expect(documentOf(insights), words).toEqual(documentOf(embedded));
    expect(insights.cost.engine).toBe('logs-insights');
    expect(insights.cost.bytesScanned, words).toBeGreaterThan(0);
  }
}

const shapes: readonly ShapeName[] = [
  'plain',
  'secondary-addresses',
  'regional',
  'nat64',
  'private',
  'chain',
  'hairpin',
  'no-pkt',
];

describe.each(shapes)('a log group of the shape %s', (shape) => {
  it.each(['1', '2'])('is answered as the embedded engine answers it, seed %s', async (seed) => {
    const opened = await open(buildFlowWorld(shape, seed));
    try {
      await expectSame(opened, ['by=client,remote', 'by=team,hour', 'by=port,protocol']);
      const { total } = await askInsights(opened.deps, { text: WINDOW, nowMs: opened.world.nowMs });
      expect(total.bytes).toBe(worldTruth(opened.world).total.bytes);
    } finally {
      await opened.engine.close();
    }
  });
});

it('understands keys, filters and earlier windows over a whole VPC as the embedded engine does', async () => {
  const opened = await open(buildFlowWorld('whole-vpc', '4'));
  try {
    const { rows } = await opened.engine.ask({ text: `${WINDOW} by=client,remote`, nowMs: opened.world.nowMs });
    const { client, remote } = rows[0]!.key;
    await expectSame(opened, [
      'by=vpc,az',
      'by=provider,region',
      'by=crossaz,nataz',
      'by=direction,day',
      `client=${client},10.0.0.0/9 direction=up by=remote`,
      `remote=!${remote} team=!unattributed protocol=tcp,17 by=team`,
      'label.tier=x service=!S3 port=443 by=service top=2',
      'compare=previous by=hour',
      'compare=lastweek by=team',
    ]);
    // Ninety minutes before are not whole hours before: their sums have to fall into the hours of the window.
    await expectSame(opened, ['compare=previous by=hour'], 'since=2026-11-21T09:00..2026-11-21T10:30');
  } finally {
    await opened.engine.close();
  }
});

it('asks a long window direction by direction, with the same answer', async () => {
  const opened = await open(buildFlowWorld('secondary-addresses', '5'));
  const long = 'since=2026-11-17T00:00..2026-11-21T11:00';
  await expectSame(opened, ['by=team', 'by=service', 'by=protocol', 'by=nat,day'], long);
  const statements = opened.ran.flat().filter(({ statement }) => statement.includes('not (flow'));
  expect(statements.length).toBeGreaterThan(0);
  await opened.engine.close();
});

it('says that sums beyond what a double holds are not exact', async () => {
  const opened = await open(buildFlowWorld('large-counts', '1'));
  const input = { text: `${WINDOW} by=client`, nowMs: opened.world.nowMs };
  const [embedded, insights] = [await opened.engine.ask(input), await askInsights(opened.deps, input)];
  expect(insights.caveats[0]).toContain('counts in doubles');
  expect(Number(insights.total.bytes) / Number(embedded.total.bytes)).toBeCloseTo(1, 12);
  await opened.engine.close();
});

it.each(['overlap', 'workload-and-gateway-v11'] as const)(
  'refuses or tells what sums cannot tell apart: %s',
  async (shape) => {
    const opened = await open(buildFlowWorld(shape, '1'));
    const ask = askInsights(opened.deps, { text: WINDOW, nowMs: opened.world.nowMs });
    if (opened.deps.sources.length > 1) await expect(ask).rejects.toThrow('A gateway is in more than one of /vpc/fl-');
    else expect((await ask).caveats.join(' ')).toContain("Logs Insights is asked for gateways' own rows");
    await opened.engine.close();
  },
);

it.each(['by=charge', 'by=domain', 'domain=example.com'])('says which engine answers %s', async (words) => {
  const world = buildFlowWorld('plain', '1');
  const deps = { ...(await open(world)).deps };
  await expect(askInsights(deps, { text: words, nowMs: world.nowMs })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('is not answered by Logs Insights'),
    hint: expect.stringContaining('embedded engine'),
  });
});

describe('over many rows', () => {
  const FORMAT = 'interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr bytes packets start end action log-status';
  const from = Date.parse('2026-11-21T08:00:00Z') / 1000;
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  const inventory = {
    vpcs: [],
    subnets: [],
    interfaces: [],
    natGateways: [
      {
        NatGatewayId: 'nat-0a',
        VpcId: 'vpc-0a',
        Region: 'us-east-1',
        NatGatewayAddresses: [{ PrivateIp: '10.0.0.220', NetworkInterfaceId: 'eni-0a1b' }],
      },
    ],
  };
  const remoteOf = (n: number) => `203.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const lineOf = (n: number, second: number) =>
    `eni-0a1b 10.0.1.5 10.0.0.220 10.0.1.5 ${remoteOf(n)} ${n + 1} 1 ${second} ${second + 59} ACCEPT OK`;
  const depsOf = (lines: readonly string[], more: Partial<AskInsightsDeps> = {}) => {
    const stand = insightsOnRows(lines, 7);
    const source: InsightsSource = {
      name: '/vpc/flow',
      flowLogId: 'fl-0123456789abcdef0',
      accountId: '111122223333',
      region: 'us-east-1',
      layout: readLayout(FORMAT)!,
      interfaces: undefined,
      run: stand.run,
    };
    const deps: AskInsightsDeps = {
      sources: [source],
      inventory,
      naming,
      mostBytes: Number.MAX_SAFE_INTEGER,
      elapsedMs: () => 0,
      ...more,
    };
    return { deps, ran: stand.ran };
  };
  let naming: AskInsightsDeps['naming'];
  beforeAll(async () => {
    naming = await loadNaming({});
  });
  const question = { text: `${WINDOW} by=remote top=1`, nowMs };

  it('cuts nothing where Logs Insights gives only ten thousand rows', async () => {
    const count = 26_000;
    const { deps, ran } = depsOf(
      Array.from({ length: count }, (_, n) => lineOf(n, from + Math.floor((n * 3 * 3600) / count))),
    );
    const { total, rest, cost } = await askInsights(deps, question);
    expect(total).toMatchObject({ flows: BigInt(count), bytes: (BigInt(count) * BigInt(count + 1)) / 2n });
    expect(rest.groups).toBe(count - 1);
    expect(ran.some(({ rows }) => rows === 10_000)).toBe(true);
    expect(ran.length).toBeLessThan(20);
    expect(cost.bytesScanned).toBeGreaterThan(0);
  });

  it('cuts nothing where one minute has more', async () => {
    const count = 15_000;
    const { deps } = depsOf(Array.from({ length: count }, (_, n) => lineOf(n, from + 7)));
    expect((await askInsights(deps, question)).total.flows).toBe(BigInt(count));
  });

  it('refuses in words where a minute has more than can be told', async () => {
    const { deps } = depsOf(
      Array.from({ length: 11_000 }, (_, n) =>
        lineOf(n * 10, from + 7).replace(remoteOf(n * 10), `2001:db8::${n.toString(16)}a`),
      ),
    );
    await expect(askInsights(deps, question)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('too many'),
      hint: expect.stringContaining('engine: embedded'),
    });
  });

  it('counts many records of one group as what they are', async () => {
    const lines = Array.from({ length: 300_000 }, () => lineOf(4, from + 7));
    const { total } = await askInsights(depsOf(lines).deps, question);
    expect(total).toMatchObject({ flows: 300_000n, packets: 300_000n, bytes: 1_500_000n });
  });

  it('counts packets that do not fit into one line beside their records', async () => {
    const many = (n: number): string => lineOf(4, from + 7).replace(' 5 1 ', ` 5 ${n} `);
    const { total } = await askInsights(depsOf([many(2 ** 43), many(2 ** 43 + 5)]).deps, question);
    expect(total).toMatchObject({ flows: 2n, packets: 2n ** 44n + 5n, bytes: 10n });
  });

  it('stops a question that has scanned more than one may', async () => {
    const { deps } = depsOf([lineOf(1, from), lineOf(2, from + 7200)], { mostBytes: 0 });
    const long = { ...question, text: 'since=2026-11-20T00:00..2026-11-21T11:00 by=remote' };
    await expect(askInsights(deps, long)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('is billed'),
    });
  });

  it('takes an id or address that is none for what it is, and asks nothing with it', async () => {
    const odd = {
      ...inventory,
      natGateways: [
        {
          ...inventory.natGateways[0]!,
          NatGatewayAddresses: [{ NetworkInterfaceId: 'eni-1"] | limit 1', PrivateIp: '10.0.0.9' }],
        },
      ],
    };
    const { deps, ran } = depsOf([lineOf(1, from)], { inventory: odd });
    await expect(askInsights(deps, question)).rejects.toThrow('cannot stand in a question to Logs Insights');
    expect(ran).toEqual([]);
  });

  it('puts nothing of the question into a statement', async () => {
    const { deps, ran } = depsOf([lineOf(1, from)]);
    const text = `${WINDOW} team=x"|limit workload=/)|stats service=*" by=client`;
    await askInsights(deps, { text, nowMs });
    for (const { statement } of ran) {
      expect(statement).not.toContain('x"|limit');
      expect(statement).not.toContain('/)|stats');
      expect(statement).not.toContain('*"|');
    }
  });

  it('says what to do where nothing tells which interfaces are gateways', async () => {
    const { deps } = depsOf([lineOf(1, from)], { inventory: { ...inventory, natGateways: [] } });
    await expect(askInsights(deps, question)).rejects.toMatchObject({ hint: expect.stringContaining('aws.accounts') });
  });

  it('stops the other statements where one fails, and tells its reason', async () => {
    const { deps } = depsOf([lineOf(1, from)]);
    const stopped: boolean[] = [];
    const source: InsightsSource = {
      ...deps.sources[0]!,
      run: async ({ statement, signal }) => {
        if (statement.includes('flowLast')) throw new NetcostError('upstream', 'No.');
        if (!signal!.aborted) await new Promise((resolve) => signal!.addEventListener('abort', resolve));
        stopped.push(true);
        throw new NetcostError('cancelled', 'Stopped.');
      },
    };
    await expect(askInsights({ ...deps, sources: [source] }, question)).rejects.toThrow('No.');
    expect(stopped).toEqual([true]);
  });
});
