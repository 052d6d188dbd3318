import { randomUUID } from 'node:crypto';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { OPTIONAL_POLICIES } from '../aws/policy.js';
import { listSubscribers, publish } from '../aws/sns.js';
import { deleteMessage, describeQueue, type Queue, queueOf, receive } from '../aws/sqs.js';
import type { Config } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import type { CheckLine } from '../slack/check-slack.js';
import { type IntakeMark, readIntake } from '../state/alert-intake.js';
import type { StateDb } from '../state/open-state.js';
import { takeAlert, testPayload } from '../triage/alerts/take-alert.js';
import { isoTime } from '../units.js';
import { accountsOf } from './accounts.js';
import { SNS_PATH } from './sns-route.js';
import { triageSettings } from './triage.js';

export interface CheckAlertsOptions {
  /** The state, where it can be opened: a bot that runs on SQLite keeps it to itself. */
  readonly db: StateDb | undefined;
  /** Publishes a test alert to each topic and waits for it. */
  readonly withTest: boolean;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/**
 * What `netcost check` says of alerts: where they arrive, the queue and its dead-letter queue, each topic and whether it
 * sends here, the last alert that was seen, and a test alert where asked for. Never throws.
 */
export async function checkAlerts(config: Config, options: CheckAlertsOptions): Promise<readonly CheckLine[]> {
  const { queue: url, topics, webhook } = config.triage;
  if (config.aws.accounts.length === 0)
    return url === undefined && !webhook
      ? []
      : [{ ok: false, subject: 'Alerts', says: 'there is no account in aws.accounts, so nobody watches.' }];
  if (triageSettings(config) === undefined)
    return [
      {
        // Whoever wants answers alone has nothing to mend; alerts that arrive for nobody are a fault.
        ok: url === undefined && !webhook,
        subject: 'Alerts',
        says: 'no channel for threads, so nobody watches; set triage.channel, as "#cloud-costs", for diagnoses.',
      },
    ];
  const lines: CheckLine[] = [];
  if (url === undefined && !webhook)
    lines.push({ ok: true, subject: 'Alerts', says: 'no triage.queue: own detection alone, and what people point at' });
  if (webhook && topics.length === 0)
    lines.push({
      ok: false,
      subject: 'Alerts',
      says: `${SNS_PATH} takes messages of the topics under triage.topics alone, and there are none.`,
      fix: 'List the ARNs of your topics.',
    });
  const access = openAwsAccess(accountsOf(config.aws.accounts), { maxAttempts: 2 });
  try {
    const queue = url === undefined ? undefined : queueOf(url);
    const arn = queue === undefined ? undefined : await checkQueue(access, queue, topics, lines);
    for (const topic of topics) lines.push(await checkTopic(access, topic, arn, webhook));
    if (options.withTest) for (const topic of topics) lines.push(await tryTopic(access, topic, queue, options));
    if (options.withTest && topics.length === 0)
      lines.push({ ok: false, subject: 'Test alert', says: 'there is no topic under triage.topics to publish it to.' });
    lines.push(...(await lastSeen(options)));
  } finally {
    access.close();
  }
  return lines;
}

/** The queue's ARN; undefined where it could not be asked. */
async function checkQueue(
  access: AwsAccess,
  queue: Queue,
  topics: readonly string[],
  lines: CheckLine[],
): Promise<string | undefined> {
  const subject = 'Alert queue';
  try {
    const { arn, waiting, redrive, policy } = await describeQueue(access, queue);
    const barred = topics.filter((topic) => policy?.includes(topic) !== true);
    if (redrive === undefined)
      lines.push({
        ok: false,
        subject,
        says: `${queue.url} has no dead-letter queue: a message that nobody understands comes again and again.`,
        fix: `Make one and set it: aws sqs set-queue-attributes --queue-url ${queue.url} --attributes '{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"${arn}-dead\\",\\"maxReceiveCount\\":\\"5\\"}"}'`,
      });
    if (barred.length > 0)
      lines.push({
        ok: false,
        subject,
        says: `the policy of ${queue.url} does not name ${barred.join(', ')}.`,
        fix: `Add to it: ${JSON.stringify(queueStatement(arn, barred))}`,
      });
    if (redrive !== undefined && barred.length === 0)
      lines.push({
        ok: true,
        subject,
        says: `${queue.url}, ${waiting} waiting; dead-letter queue after ${redrive.match(/"maxReceiveCount":\s*"?(\d+)/)?.[1] ?? 'some'} deliveries`,
      });
    return arn;
  } catch (error) {
    lines.push(failed(subject, error, 'alert-queue', '*'));
    return undefined;
  }
}

/** What lets topics send into a queue (SNS developer guide, "Subscribing an Amazon SQS queue"). */
function queueStatement(queueArn: string, topics: readonly string[]) {
  return {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: { ArnEquals: { 'aws:SourceArn': topics } },
  };
}

async function checkTopic(
  access: AwsAccess,
  topic: string,
  queueArn: string | undefined,
  webhook: boolean,
): Promise<CheckLine> {
  const subject = `Topic ${topic.split(':').at(-1)}`;
  try {
    const subscribers = await listSubscribers(access, topic);
    const ours = subscribers.filter(
      ({ protocol, endpoint }) =>
        (queueArn !== undefined && endpoint === queueArn) ||
        (webhook && protocol === 'https' && endpoint.endsWith(SNS_PATH)),
    );
    if (ours.some(({ isConfirmed }) => isConfirmed))
      return { ok: true, subject, says: `${topic} sends to ${ours.map(({ endpoint }) => endpoint).join(', ')}` };
    if (ours.length > 0)
      return {
        ok: false,
        subject,
        says: `${topic} waits for a confirmation.`,
        fix: 'Start netcost: it confirms by itself; request the confirmation again after three days.',
      };
    const [protocol, endpoint] = queueArn !== undefined ? ['sqs', queueArn] : ['https', `https://YOUR-HOST${SNS_PATH}`];
    return {
      ok: false,
      subject,
      says: `${topic} does not send here.`,
      fix: `aws sns subscribe --topic-arn ${topic} --protocol ${protocol} --notification-endpoint ${endpoint}`,
    };
  } catch (error) {
    return failed(subject, error, 'alert-topic', topic);
  }
}

const TEST_WAIT_MS = 30_000;

/** Publishes a test alert, and waits until it arrived: in the queue, or with the bot that took it first. */
async function tryTopic(
  access: AwsAccess,
  topic: string,
  queue: Queue | undefined,
  { db, nowMs, signal }: CheckAlertsOptions,
): Promise<CheckLine> {
  const subject = 'Test alert';
  const id = randomUUID();
  try {
    await publish(access, topic, testPayload(id), 'netcost check');
    for (const untilMs = nowMs() + TEST_WAIT_MS; nowMs() < untilMs && !signal.aborted; ) {
      if (db !== undefined && (await readIntake(db)).some(({ name, detail }) => name === 'test' && detail === id))
        return { ok: true, subject, says: `${topic}: published, and taken by the running netcost` };
      if (queue !== undefined && (await isInQueue(access, queue, id, signal)))
        return { ok: true, subject, says: `${topic}: published, and arrived in the queue` };
      if (queue === undefined) await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    return {
      ok: db === undefined,
      subject,
      says: `${topic}: published ${id}, and not seen here within half a minute.`,
      fix: 'A running netcost may have taken it: look for "a test alert arrived" in its log. Else look at the subscription, the queue policy, and the key of an encrypted topic.',
    };
  } catch (error) {
    return failed(subject, error, 'alert-topic', topic);
  }
}

/** Looks through the queue for the test alert; others are seen again by the bot a few seconds later. */
async function isInQueue(access: AwsAccess, queue: Queue, id: string, signal: AbortSignal): Promise<boolean> {
  const messages = await receive(access, queue, { hiddenSeconds: 3, waitSeconds: 3, signal });
  for (const { body, receipt } of messages) {
    const taken = await takeAlert(body, { topicArns: [], nowMs: 0, onAlert: async () => {} });
    if (taken.outcome !== 'test' || taken.id !== id) continue;
    await deleteMessage(access, queue, receipt);
    return true;
  }
  return false;
}

async function lastSeen({ db }: CheckAlertsOptions): Promise<CheckLine[]> {
  const subject = 'Last alert';
  if (db === undefined) return [{ ok: true, subject, says: 'not known: the state is held by the running netcost' }];
  const marks = new Map((await readIntake(db)).map((mark) => [mark.name, mark]));
  const tell = (mark: IntakeMark | undefined, word: string) =>
    mark === undefined ? [] : [`${mark.count} ${word}, the last ${isoTime(mark.lastMs)} (${mark.detail})`];
  const alert = marks.get('alert');
  return [
    {
      ok: true,
      subject,
      says: [
        ...(alert === undefined ? ['none arrived yet'] : tell(alert, 'arrived')),
        ...tell(marks.get('not-understood'), 'not understood'),
        ...tell(marks.get('refused'), 'refused'),
        ...tell(marks.get('test'), 'test alerts'),
      ].join('; '),
    },
  ];
}

/** A refusal comes with the statement that allows it. */
function failed(subject: string, error: unknown, policy: string, resource: string): CheckLine {
  const says = error instanceof NetcostError ? error.message : describeError(error);
  const isDenied = /^AWS does not allow/.test(says);
  const statement = { Effect: 'Allow', Action: OPTIONAL_POLICIES[policy]?.actions, Resource: resource };
  const hint = error instanceof NetcostError ? error.hint : undefined;
  const fix = isDenied ? `Add to its role (deploy/iam/${policy}.json): ${JSON.stringify(statement)}` : hint;
  return { ok: false, subject, says, ...(fix === undefined ? {} : { fix }) };
}
