import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readIncident } from '../../src/state/incidents.js';
import { CHANNELS, PEOPLE, until } from './demo-fixture.js';
import { alarm, recorded, startTriageFixture, type TriageFixture, wordsOf, writeIncident } from './triage-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-thread-'));
let fixture: TriageFixture | undefined;
beforeAll(() => {
  writeIncident(join(folder, 'reader'), 'a service reads a bucket of its Region');
  writeIncident(join(folder, 'upload'), 'a host uploads to where nobody named');
});
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAT = 'nat-0123456789abcdef0';

describe('an alert', () => {
  test('becomes one thread: headline, progress, diagnosis with its chart, Terraform as a file', async () => {
    fixture = await startTriageFixture({ live: recorded(join(folder, 'reader')) });
    const startedMs = performance.now();
    await fixture.bound.onAlert(alarm('nat-bytes', { natGatewayIds: [NAT] }), Date.now(), '{}');
    const parent = await until(() => fixture!.parents()[0], 'the headline');
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await fixture.bound.triage.idle();
    await until(() => fixture!.replies(parent.ts).some((one) => one.files.length > 0), 'the file');
    const [progress, diagnosis, file, ...rest] = fixture.replies(parent.ts);
    expect(rest).toEqual([]);
    expect(wordsOf(progress)).toMatch(/Asked 6 sources in \d+ s/);
    expect(wordsOf(diagnosis)).toMatch(/\*Known\*[\s\S]*\*Possible\*[\s\S]*\*Do\*[\s\S]*\*Not known\*/);
    expect(diagnosis?.blocks.map((block) => block.type)).toContain('data_visualization');
    const [fileId = ''] = file?.files ?? [];
    expect(fixture.demo.workspace.room.files.get(fileId)?.bytes.toString()).toContain('aws_vpc_endpoint');
    const headline = wordsOf(fixture.parents()[0]);
    expect(headline).toMatch(/NAT gateways took .* more than usual/);
    expect(headline).toMatch(/\$\d+\.\d\d a day, \$\d+\.\d\d so far/);
    expect(fixture.parents()).toHaveLength(1);
  }, 30_000);
});

test('placeholder of ids', () => {
  expect([CHANNELS.costs, PEOPLE.dana, typeof readIncident]).toHaveLength(3);
});
