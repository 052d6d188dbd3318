import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertOf, parseAlert } from '../../src/triage/alerts/parse-alert.js';
import { usageKind } from '../../src/triage/alerts/usage-types.js';

const ANOMALY = {
  accountId: '123456789012',
  anomalyStartDate: '2026-03-27T00:00:00Z',
  anomalyId: '11111111-2222-4333-8444-555555555555',
  dimensionalValue: 'Amazon Elastic Block Store',
  monitorArn: 'arn:aws:ce::123456789012:anomalymonitor/aaaa',
  impact: { maxImpact: 10.81, totalImpact: 29.0 },
  rootCauses: [
    {
      service: 'Amazon Elastic Block Store',
      region: 'us-east-1',
      linkedAccount: '123456789012',
      usageType: 'NatGateway-Bytes',
    },
  ],
};
const METRIC = {
  Dimensions: [{ value: 'nat-0123456789abcdef0', name: 'NatGatewayId' }],
  MetricName: 'BytesInFromDestination',
  Namespace: 'AWS/NATGateway',
};
const ALARM = {
  AlarmName: 'nat-bytes-out-high',
  AWSAccountId: '123456789012',
  NewStateValue: 'ALARM',
  StateChangeTime: '2026-03-27T11:02:13.123+0000',
  Region: 'US East (N. Virginia)',
  AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nat-bytes-out-high',
  Trigger: { ...METRIC, Period: 3600 },
};
const BUDGET = `AWS Budget Notification October 17, 2026
AWS Account 123456789012

Dear AWS Customer,

Budget Name: nat-budget
Budget Type: Cost
Budgeted Amount: $100.00
Alert Type: ACTUAL
Alert Threshold: > $80.00
ACTUAL Amount: $1,084.12
`;
const envelope = (message: unknown) =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: 'm',
    TopicArn: 'arn:aws:sns:us-east-1:1:t',
    Timestamp: '2026-03-28T01:00:00.000Z',
    Message: typeof message === 'string' ? message : JSON.stringify(message),
  });

describe('alerts', () => {
  it('reads a cost anomaly as SNS message, in its envelope, in SQS and from EventBridge alike', () => {
    const { dimensionalValue, ...rest } = ANOMALY;
    const event = {
      version: '0',
      source: 'aws.ce',
      'detail-type': 'Anomaly Detected',
      account: '123456789012',
      time: '2026-03-28T01:00:00Z',
      detail: { ...rest, dimensionValue: dimensionalValue },
    };
    const forms = [
      JSON.stringify(ANOMALY),
      envelope(ANOMALY),
      JSON.stringify({ messageId: 'q', body: envelope(ANOMALY) }),
      JSON.stringify(event),
    ];
    for (const form of forms) {
      expect(alertOf(form)).toMatchObject({
        kind: 'cost-anomaly',
        id: ANOMALY.anomalyId,
        usageTypes: ['NatGateway-Bytes'],
        regions: ['us-east-1'],
        accountIds: ['123456789012'],
        usd: '29',
      });
    }
  });

  it('reads the casing of GetAnomalies', () => {
    const alert = alertOf(
      JSON.stringify({
        AnomalyId: 'a1',
        Impact: { TotalImpact: 12.5 },
        RootCauses: [{ UsageType: 'EU-NatGateway-Bytes' }],
      }),
    );
    expect(alert).toMatchObject({ kind: 'cost-anomaly', id: 'a1', usd: '12.5', usageTypes: ['EU-NatGateway-Bytes'] });
  });

  it('reads a metric alarm, and takes its Region from the ARN', () => {
    expect(alertOf(JSON.stringify(ALARM))).toMatchObject({
      kind: 'cloudwatch-alarm',
      id: ALARM.AlarmArn,
      state: 'alarm',
      regions: ['eu-west-1'],
      natGatewayIds: ['nat-0123456789abcdef0'],
      metricNames: ['BytesInFromDestination'],
      sentAtMs: Date.parse('2026-03-27T11:02:13.123Z'),
    });
  });

  it('reads a band alarm of another account', () => {
    const band = {
      ...ALARM,
      Trigger: {
        ThresholdMetricId: 'ad1',
        Metrics: [
          { Id: 'm1', AccountId: '999988887777', MetricStat: { Metric: METRIC, Period: 3600 } },
          { Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1, 3)' },
        ],
      },
    };
    expect(alertOf(JSON.stringify(band))).toMatchObject({
      natGatewayIds: ['nat-0123456789abcdef0'],
      accountIds: ['999988887777', '123456789012'],
    });
  });

  it('reads a composite alarm with children as texts and as objects', () => {
    const { Trigger: _, ...rest } = ALARM;
    const child = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nat-child';
    for (const one of [child, { Arn: child, State: { Value: 'ALARM' } }]) {
      expect(
        alertOf(JSON.stringify({ ...rest, AlarmRule: `ALARM("${child}")`, TriggeringChildren: [one] })).childAlarms,
      ).toEqual([child]);
    }
  });

  it('reads an alarm from EventBridge, with dimensions as a map', () => {
    const event = {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      account: '123456789012',
      region: 'us-west-2',
      time: '2026-03-27T11:02:13Z',
      resources: ['arn:aws:cloudwatch:us-west-2:123456789012:alarm:x'],
      detail: {
        alarmName: 'x',
        state: { value: 'OK', timestamp: '2026-03-27T11:02:13.000+0000' },
        configuration: {
          metrics: [
            {
              metricStat: {
                metric: {
                  dimensions: { NatGatewayId: 'nat-0123456789abcdef0' },
                  name: 'BytesOutToSource',
                  namespace: 'AWS/NATGateway',
                },
              },
            },
          ],
        },
      },
    };
    expect(alertOf(JSON.stringify(event))).toMatchObject({
      kind: 'cloudwatch-alarm',
      state: 'ok',
      regions: ['us-west-2'],
      natGatewayIds: ['nat-0123456789abcdef0'],
    });
  });

  it('reads a budget as text, as text in an envelope, and as JSON', () => {
    for (const form of [BUDGET, envelope(BUDGET)]) {
      expect(alertOf(form)).toMatchObject({
        kind: 'budget',
        id: 'budget-nat-budget',
        usd: '1084.12',
        accountIds: ['123456789012'],
      });
    }
    expect(alertOf(JSON.stringify({ budgetName: 'nat', actualAmount: '$84.12', accountId: '1' }))).toMatchObject({
      kind: 'budget',
      usd: '84.12',
    });
  });

  it('tells SNS housekeeping from alerts', () => {
    expect(
      parseAlert(
        JSON.stringify({
          Type: 'SubscriptionConfirmation',
          TopicArn: 'arn:t',
          Token: 'x',
          SubscribeURL: 'https://evil.example',
        }),
      ),
    ).toEqual({ what: 'subscription', topicArn: 'arn:t' });
    expect(parseAlert(JSON.stringify({ Type: 'UnsubscribeConfirmation', TopicArn: 'arn:t' }))).toEqual({
      what: 'unsubscription',
      topicArn: 'arn:t',
    });
  });

  it('takes anything else for a manual alert, with the gateways that its text names', () => {
    expect(alertOf('please look at nat-0123456789abcdef0 <@U1>')).toMatchObject({
      kind: 'manual',
      natGatewayIds: ['nat-0123456789abcdef0'],
    });
    expect(alertOf('').title).toBe('an empty alert');
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => envelope(value)),
        ),
        (text) => {
          expect(alertOf(text).kind).toMatch(/^(cost-anomaly|cloudwatch-alarm|budget|manual)$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws on a known alert with any one field replaced by anything', () => {
    const known = [
      ANOMALY,
      ALARM,
      { source: 'aws.ce', detail: ANOMALY },
      { source: 'aws.cloudwatch', detail: { alarmName: 'a', configuration: {}, state: {} } },
    ];
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(30), fc.jsonValue(), (base, index, value) => {
        const copy: Record<string, unknown> = structuredClone(base) as Record<string, unknown>;
        const keys = Object.keys(copy);
        copy[keys[index % keys.length] as string] = value;
        expect(alertOf(JSON.stringify(copy)).id).toBeTypeOf('string');
      }),
      { numRuns: 500 },
    );
  });
});

describe('usage types', () => {
  it('are told by their end, whatever the Region’s prefix, never by a service', () => {
    const kinds = [
      'NatGateway-Bytes',
      'EU-NatGateway-Bytes',
      'USE1-RegionalNatGateway-Bytes',
      'NatGateway-Prvd-Bytes',
      'USW2-NatGateway-Hours',
      'NatGateway-Prvd-Gbps',
      'EU-DataTransfer-Regional-Bytes',
      'USE1-USW2-AWS-Out-Bytes',
      'DataTransfer-Out-Bytes',
      'EU-VpcEndpoint-Hours',
      'TransitGateway-Bytes',
      'USW2-EBS:VolumeUsage.gp3',
      'NotNatGateway-Bytes',
    ].map(usageKind);
    expect(kinds).toEqual([
      'nat-bytes',
      'nat-bytes',
      'nat-bytes',
      'nat-bytes',
      'nat-hours',
      'nat-hours',
      'cross-az',
      'cross-region',
      'internet-out',
      'endpoint',
      'transit-gateway',
      'other',
      'other',
    ]);
  });
});
