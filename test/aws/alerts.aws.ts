import { createServer, get } from 'node:http';
import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { pollAlerts } from '../../jobs/poll-alerts.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { gatewaysOfChildren } from '../../src/aws/alarms.js';
import { describeNetwork } from '../../src/aws/ec2.js';
import { findPlace, natIdsOf } from '../../src/aws/live-places.js';
import { listSubscribers, publish } from '../../src/aws/sns.js';
import { deleteMessage, describeQueue, type Queue, receive } from '../../src/aws/sqs.js';
import { listGateways } from '../../src/aws/triage-metrics.js';
import { configSchema } from '../../src/config/schema.js';
import { checkAlerts } from '../../src/main/check-alerts.js';
import { bindIntake } from '../../src/main/triage-aws.js';
import { countIntake, readIntake } from '../../src/state/alert-intake.js';
import { openState } from '../../src/state/open-state.js';
import { type Alert, plainAlert } from '../../src/triage/alerts/alert.js';
import { checkSnsEnvelope } from '../../src/triage/alerts/sns-envelope.js';
import { takeAlert, testPayload } from '../../src/triage/alerts/take-alert.js';
import { ALARM, CERT_URL } from '../triage/sns-messages.js';
import { NOTHING_LOCAL, openTriage } from './live-world.js';

const OWN = '123456789012';
const SECOND = '555566667777';
const accounts = [
  { accountId: OWN, roleArn: undefined, externalId: undefined, regions: ['us-east-1', 'eu-west-1'] },
  {
    accountId: SECOND,
    roleArn: `arn:aws:iam::${SECOND}:role/netcost-read`,
    externalId: undefined,
    regions: ['us-east-1'],
  },
];
const access = openAwsAccess(accounts, { maxAttempts: 2 });
afterAll(() => access.close());
const home = { accountId: OWN, region: 'us-east-1' };
const HOUR = 3_600_000;

async function makeQueue(name: string): Promise<Queue & { readonly arn: string }> {
  const sqs = access.client(SQSClient, home);
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
  const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${OWN}:${name}-dead`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
  expect(dead.QueueUrl).toBeDefined();
  return { url: made.QueueUrl ?? '', place: home, arn: `arn:aws:sqs:us-east-1:${OWN}:${name}` };
}

describe('alerts through SNS and SQS', () => {
  it('are taken once and deleted; what nobody understands ends in the dead-letter queue', async () => {
    const queue = await makeQueue('netcost-alerts');
    const { TopicArn = '' } = await access.client(SNSClient, home).send(new CreateTopicCommand({ Name: 'cost' }));
    await access.client(SNSClient, home).send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }));
    expect(await listSubscribers(access, TopicArn)).toMatchObject([{ protocol: 'sqs', endpoint: queue.arn }]);
    await publish(access, TopicArn, ALARM, 'ALARM: nat bytes');
    await publish(access, TopicArn, 'good morning', 'hello');
    expect((await describeQueue(access, queue)).redrive).toContain('netcost-alerts-dead');

    const alerts: Alert[] = [];
    const stop = new AbortController();
    let rounds = 0;
    const silent = () => {};
    await pollAlerts(
      {
        receive: async (signal) => {
          rounds += 1;
          if (rounds === 5) stop.abort();
          return receive(access, queue, { hiddenSeconds: 0, waitSeconds: 0, signal });
        },
        remove: (receipt) => deleteMessage(access, queue, receipt),
        take: (body) =>
          takeAlert(body, { topicArns: [TopicArn], nowMs: 0, onAlert: async (alert) => void alerts.push(alert) }),
        confirm: async () => {},
        count: async () => {},
        log: { debug: silent, info: silent, warn: silent, error: silent },
      },
      stop.signal,
    );
    expect(alerts.map(({ kind, natGatewayIds }) => [kind, ...natGatewayIds])).toEqual([
      ['cloudwatch-alarm', 'nat-0a1b2c3d4e5f60718'],
    ]);
    const count = async (url: string) =>
      (
        await access
          .client(SQSClient, home)
          .send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }))
      ).Attributes?.ApproximateNumberOfMessages;
    expect(await count(queue.url)).toBe('0');
    expect(await count(`${queue.url}-dead`)).toBe('1');
  });
});

describe('evidence of two accounts', () => {
  it('finds the gateway of a composite alarm by the alarms below it, and passes over those it cannot read', async () => {
    const AlarmName = 'nat bytes | #1 über';
    await access.client(CloudWatchClient, { accountId: SECOND, region: 'us-east-1' }).send(
      new PutMetricAlarmCommand({
        ...{ AlarmName, Namespace: 'AWS/NATGateway', MetricName: 'BytesOutToDestination', Statistic: 'Sum' },
        ...{ Period: 300, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
        Dimensions: [{ Name: 'NatGatewayId', Value: 'nat-0cccccccccccccccc' }],
      }),
    );
    const childAlarms = [SECOND, '999988887777'].map((id) => `arn:aws:cloudwatch:us-east-1:${id}:alarm:${AlarmName}`);
    const alert = { ...plainAlert('cloudwatch-alarm', 'c', 'c'), childAlarms };
    expect(await gatewaysOfChildren(access, alert)).toEqual(['nat-0cccccccccccccccc']);
  });

  it('is looked for where the gateway is, and what moto does not have is a gap of the report', async () => {
    const place = { accountId: SECOND, region: 'us-east-1' };
    const ec2 = access.client(EC2Client, place);
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.66.0.0/16' }));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.66.1.0/24' }));
    const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    const { NatGateway } = await ec2.send(new CreateNatGatewayCommand({ SubnetId: Subnet?.SubnetId, AllocationId }));
    const id = NatGateway?.NatGatewayId ?? '';
    const network = await describeNetwork(access, place);
    expect(natIdsOf(network)).toContain(id);
    expect(Object.values(network).map(({ state }) => state)).toEqual(new Array(6).fill('read'));
    const alert = { ...plainAlert('manual', 'm', 'm'), natGatewayIds: [id] };
    const nowMs = Math.floor(Date.now() / HOUR) * HOUR + 15 * 60_000;
    expect((await findPlace(access, alert, { nowMs, mustHave: true })).place).toEqual(place);

    const cloudWatch = access.client(CloudWatchClient, place);
    const Dimensions = [{ Name: 'NatGatewayId', Value: id }];
    for (let day = 13; day >= 0; day -= 1) {
      const MetricData = Array.from({ length: 24 }, (_, hour) => {
        const atMs = Math.floor(nowMs / HOUR) * HOUR - (day * 24 + hour + 1) * HOUR;
        return ['BytesOutToSource', 'BytesOutToDestination'].map((MetricName) => ({
          ...{ MetricName, Dimensions, Timestamp: new Date(atMs), Unit: 'Bytes' as const },
          Value: 1e9 * (1 + 0.3 * Math.sin(hour)) * (day === 0 && hour < 6 ? 9 : 1),
        }));
      }).flat();
      await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'AWS/NATGateway', MetricData }));
    }
    expect(await listGateways(access, place)).toContain(id);
    const { access: own, triage } = openTriage(NOTHING_LOCAL, accounts, 1);
    try {
      const { report, calls } = await triage.diagnose({
        subject: { kind: 'nat', natGatewayIds: [id] },
        nowMs,
        signal: new AbortController().signal,
      });
      expect(report.alert).toMatchObject({ kind: 'manual', natGatewayIds: [id] });
      expect(report.onset).not.toBeNull();
      expect(report.gaps.join('\n')).toContain('CloudTrail: could not be read');
      expect(report.gaps.join('\n')).toContain('flow logs: not available');
      expect(report.evidence.find(({ source }) => source === 'ec2')).toMatchObject({ status: 'found' });
      expect(report.causes[0]?.fixes[0]).toMatchObject({ id: 'enable-flow-logs' });
      expect(report.causes[0]?.fixes[0]?.terraform).toContain('aws_flow_log');
      expect(calls.requests).toBeGreaterThan(10);
    } finally {
      own.close();
    }
  }, 60_000);
});

describe('netcost check', () => {
  const config = (changes: object) =>
    configSchema().parse({
      slack: { channels: ['#cloud-costs'] },
      aws: { accounts: [{ id: OWN, regions: ['us-east-1'] }] },
      triage: changes,
    });

  it('sends a test alert through topic and queue, and says what is missing with the fix', async () => {
    const arn = `arn:aws:sqs:us-east-1:${OWN}:netcost-checked`;
    const topic = `arn:aws:sns:us-east-1:${OWN}:checked`;
    const url = `https://sqs.us-east-1.amazonaws.com/${OWN}/netcost-checked`;
    const sqs = access.client(SQSClient, home);
    const sns = access.client(SNSClient, home);
    const triage = { queue: url, topics: [topic] };
    const state = await openState({ kind: 'sqlite', file: ':memory:' });
    const look = async (withTest: boolean) =>
      (
        await checkAlerts(config(triage), {
          ...{ db: state.db, withTest, nowMs: () => Date.now() },
          signal: new AbortController().signal,
        })
      ).map(({ ok, subject, says, fix }) => `${ok ? 'ok' : 'FAIL'} ${subject}: ${says} ${fix ?? ''}`);
    try {
      expect((await look(false)).join('\n')).toMatch(/FAIL Alert queue: .*\nFAIL Topic checked: /);

      await sqs.send(new CreateQueueCommand({ QueueName: 'netcost-checked' }));
      await sns.send(new CreateTopicCommand({ Name: 'checked' }));
      const bare = (await look(false)).join('\n');
      expect(bare).toContain('has no dead-letter queue');
      expect(bare).toContain(`"Condition":{"ArnEquals":{"aws:SourceArn":["${topic}"]}}`);
      expect(bare).toContain(`aws sns subscribe --topic-arn ${topic} --protocol sqs --notification-endpoint ${arn}`);

      await makeQueue('netcost-checked-2');
      const RedrivePolicy = JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:${OWN}:netcost-checked-2-dead`,
        maxReceiveCount: 5,
      });
      const Statement = {
        ...{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
        Condition: { ArnEquals: { 'aws:SourceArn': [topic] } },
      };
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] });
      const QueueUrl = (await sqs.send(new GetQueueUrlCommand({ QueueName: 'netcost-checked' }))).QueueUrl;
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy, Policy } }));
      await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: arn }));
      await countIntake(state.db, 'alert', Date.parse('2026-11-20T10:00:00Z'), 'Cost anomaly: EC2 - Other');
      const whole = await look(true);
      expect(whole.filter((line) => line.startsWith('FAIL'))).toEqual([]);
      expect(whole.join('\n')).toContain('published, and arrived in the queue');
      expect(whole.join('\n')).toContain('1 arrived, the last 2026-11-20T10:00:00Z (Cost anomaly: EC2 - Other)');
    } finally {
      await state.close();
    }
  }, 60_000);

  it('lets a bot take the test alert from its queue', async () => {
    const topic = `arn:aws:sns:us-east-1:${OWN}:checked`;
    const url = `https://sqs.us-east-1.amazonaws.com/${OWN}/netcost-checked`;
    const state = await openState({ kind: 'sqlite', file: ':memory:' });
    const silent = () => {};
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const alerts: string[] = [];
    const intake = bindIntake(config({ queue: url, topics: [topic] }), {
      ...{ access, state, log, nowMs: () => Date.now(), elapsedMs: () => performance.now() },
      onAlert: async ({ title }) => void alerts.push(title),
    });
    intake.start();
    try {
      await publish(access, topic, ALARM, 'ALARM');
      await publish(access, topic, testPayload('t-1'), 'test');
      for (let round = 0; round < 100 && (await readIntake(state.db)).length < 2; round += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(alerts).toEqual(['CloudWatch alarm: nat bytes']);
      expect((await readIntake(state.db)).map(({ name }) => name)).toEqual(['alert', 'test']);
    } finally {
      await intake.stop();
      await state.close();
    }
  }, 60_000);
});

describe('the signature of SNS', () => {
  it("is checked as another implementation makes it: moto's, over HTTP", async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const Endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/aws/sns`;
    try {
      const sns = access.client(SNSClient, home);
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'signed' }));
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }));
      await sns.send(new PublishCommand({ TopicArn, Message: ALARM }));
      for (let round = 0; round < 50 && bodies.length === 0; round += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const sent = JSON.parse(bodies[0] ?? '{}') as Record<string, string>;
      const check = (message: object) =>
        checkSnsEnvelope(JSON.stringify(message), {
          topicArns: [TopicArn],
          nowMs: Date.now(),
          certificateAt: (url) => certificateOfMoto(url),
        });
      expect(await check(sent)).toMatchObject({ type: 'Notification', topicArn: TopicArn });
      expect(await check({ ...sent, Message: `${ALARM} ` })).toEqual({ refused: 'signature' });
      const elsewhere = { ...sent, SigningCertURL: CERT_URL.replace('us-east-1', 'eu-west-1') };
      expect(await check(elsewhere)).toEqual({ refused: 'certificate-url' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

/** moto tells its services apart by what a request says it was signed for. */
function certificateOfMoto(url: string): Promise<string> {
  const { host, pathname } = new URL(url);
  const authorization = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request';
  return new Promise((resolve, reject) => {
    get(new URL(pathname, process.env.AWS_ENDPOINT_URL), { headers: { host, authorization } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });
}
