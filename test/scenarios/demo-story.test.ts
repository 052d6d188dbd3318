import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WrittenDemo, writeDemo } from '../../src/demo/write-demo.js';
import type { Diagnosis } from '../../src/triage/report.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const CLI = fileURLToPath(new URL('../../dist/netcost/cli.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'netcost-demo-story-'));
const run = (...flags: string[]) =>
  promisify(execFile)(process.execPath, [CLI, 'diagnose', '--bundle', dir, ...flags], {
    env: { ...process.env, NO_COLOR: '1' },
  });
let demo: WrittenDemo;

beforeAll(async () => {
  demo = await writeDemo({ dir, nowMs: NOW });
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the story that the demo retells', () => {
  it('is an image pulled again and again through the NAT gateway, since the warm pool', async () => {
    const { stdout, stderr } = await run('--json');
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Diagnosis;
    const [cause] = report.causes;
    expect(report.causes).toHaveLength(1);
    expect(cause).toMatchObject({ id: 'image-pull-loop', confidence: 'high' });
    expect(cause?.share).toBeGreaterThan(0.85);
    expect(Date.parse(report.onset?.earliest ?? '')).toBeLessThanOrEqual(demo.ledger.incident.fromMs + 20 * 60_000);
    expect(Date.parse(report.onset?.latest ?? '')).toBeGreaterThanOrEqual(demo.ledger.incident.fromMs - 20 * 60_000);
    expect(cause?.trigger?.events).toContain('UpdateAgentRuntime');
    expect(cause?.fixes[0]).toMatchObject({
      id: 's3-gateway-endpoint',
      usdCostPerDay: '0',
      params: { serviceName: 'com.amazonaws.us-east-1.s3' },
    });
    // What no source shows is a gap, not a claim.
    expect(JSON.stringify([report.headline, report.evidence.map((one) => one.says)])).not.toMatch(
      /invo(ked|cations?)/i,
    );
    expect(report.gaps.join('\n')).toMatch(/Data events/);
  });

  it('reads like a story', async () => {
    const { stdout } = await run();
    await expect(stdout).toMatchFileSnapshot('golden/demo-story.txt');
  });

  it('is refused in one line where there is no bundle', async () => {
    const failed = await promisify(execFile)(process.execPath, [CLI, 'diagnose']).catch(
      (error: { code: number; stderr: string; stdout: string }) => error,
    );
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
  });
});
