import { describe, expect, it } from 'vitest';
import { diagnosisPage } from '../../src/terminal/diagnosis-page.js';
import type { Diagnosed } from '../../src/triage/report.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.parse('2026-11-18T00:00:00Z');
const told: Diagnosed = {
  report: {
    alert: { kind: 'cost-anomaly', id: 'a', natGatewayIds: ['nat-1'], usd: '29.66' },
    onset: { earliest: '2026-11-18T14:00:00Z', latest: '2026-11-18T14:20:00Z' },
    status: { state: 'ended', until: '2026-11-19T09:00:00Z', usdSoFar: '29.66', phases: [] },
    causes: [
      {
        id: 's3-same-region',
        share: 0.93,
        confidence: 'high',
        usdPerDay: '6.75',
        evidence: ['e1'],
        trigger: {
          evidence: 'e2',
          events: ['UpdateService'],
          principal: 'arn:aws:sts::1:assumed-role/\u001b[31mred/x',
          at: '2026-11-18T13:50:00Z',
        },
        fixes: [
          {
            id: 's3-gateway-endpoint',
            params: { vpcId: 'vpc-1', routeTableIds: ['rtb-1', 'rtb-2'] },
            usdSavedPerDay: '6.70',
            usdCostPerDay: '0',
            terraform: 'resource "aws_vpc_endpoint" "s3" {\n}\n',
            cli: null,
          },
        ],
      },
    ],
    evidence: [
      { id: 'e1', source: 'flow-logs', status: 'found', asked: 'x', says: '93 % of the excess is S3', values: {} },
      {
        id: 'e2',
        source: 'cloudtrail',
        status: 'found',
        asked: 'x',
        says: '2 × UpdateService by arn:aws:sts::1:assumed-role/\u001b[31mred/x precede it',
        values: {},
      },
    ],
    gaps: ['CloudTrail: could not be read.'],
    security: false,
    headline: 'NAT gateways took 150 GiB more than usual',
    tookMs: 1,
  },
  chart: {
    hours: Array.from({ length: 24 }, (_, hour) => ({ atMs: MIDNIGHT + hour * HOUR, value: hour < 14 ? 1e9 : 8e9 })),
    expected: Array.from({ length: 24 }, () => 1e9),
    onset: { earliestMs: MIDNIGHT + 14 * HOUR, latestMs: MIDNIGHT + 14 * HOUR + 20 * 60_000 },
  },
};

describe('the page of a diagnosis', () => {
  it('says the headline, draws the onset, names causes, fixes and what is not known', () => {
    expect(diagnosisPage(told, false)).toBe(`NAT gateways took 150 GiB more than usual

gateways     nat-1
began        2026-11-18 14:00 to 2026-11-18 14:20 UTC
now          ended 2026-11-19 09:00 UTC
so far       $29.66
unexplained  7 % of the excess
alert says   $29.66

▂▂▂▂▂▂▂▂▂▂▂▂▂▂██████████  7.45 GiB/h at most
              ^ onset
from 2026-11-18 00:00 UTC, an hour a bar

1. s3-same-region, 93 % of the excess, $6.75 a day (high confidence)
   93 % of the excess is S3
   2 × UpdateService by arn:aws:sts::1:assumed-role/\\u{1b}[31mred/x precede it
   Fix: Create an S3 gateway endpoint (vpcId vpc-1; routeTableIds rtb-1, rtb-2; saves $6.70 a
   day; free)
     resource "aws_vpc_endpoint" "s3" {
     }

Not known
  - CloudTrail: could not be read.
`);
  });

  it('has colour only where it is wanted, and never lets a name colour the terminal', () => {
    expect(diagnosisPage(told, false)).not.toContain('\u001b');
    const coloured = diagnosisPage(told, true);
    expect(coloured).toContain('\u001b[1m');
    expect(coloured).not.toContain('\u001b[31mred');
  });

  it('does without a chart, an onset and gaps', () => {
    const bare: Diagnosed = { chart: null, report: { ...told.report, onset: null, gaps: [], causes: [] } };
    expect(diagnosisPage(bare, false)).not.toMatch(/onset|Not known/);
  });
});
