import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

/** A queue by its URL, and where it is. */
export interface Queue {
  readonly url: string;
  readonly place: AwsPlace;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  /** Deletes this delivery. */
  readonly receipt: string;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
}

/** @throws NetcostError 'config' for what is no URL of a queue. */
export function queueOf(url: string): Queue {
  const match = /^https:\/\/sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?\/(\d{12})\/[\w.-]{1,80}$/.exec(url);
  if (match === null) {
    throw new NetcostError('config', `${url} is no URL of an SQS queue.`, {
      hint: 'Write it as https://sqs.us-east-1.amazonaws.com/111122223333/netcost-alerts.',
    });
  }
  return { url, place: { accountId: match[2] as string, region: match[1] as string } };
}

/** A long poll, shorter than a client waits for any answer (access.ts). */
const WAIT_SECONDS = 15;
/** SQS gives ten at most. */
const BATCH = 10;

/**
 * Waits for messages, at most 15 seconds; none is an empty list. They stay in the queue, unseen by others for
 * `hiddenSeconds`, until deleted. @throws NetcostError 'upstream', 'cancelled'
 */
export async function receive(
  access: Pick<AwsAccess, 'client'>,
  { url, place }: Queue,
  options: { readonly hiddenSeconds: number; readonly waitSeconds?: number; readonly signal?: AbortSignal },
): Promise<readonly QueueMessage[]> {
  const client = access.client(SQSClient, place);
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: BATCH,
    WaitTimeSeconds: options.waitSeconds ?? WAIT_SECONDS,
    VisibilityTimeout: options.hiddenSeconds,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  const answer = await ask('sqs:ReceiveMessage', place, options.signal, (settings) => client.send(command, settings));
  return (answer.Messages ?? []).map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes }) => ({
    id: MessageId,
    body: Body,
    receipt: ReceiptHandle,
    deliveries: Number(Attributes?.ApproximateReceiveCount ?? 1),
  }));
}

/** @throws NetcostError 'upstream' */
export async function deleteMessage(
  access: Pick<AwsAccess, 'client'>,
  { url, place }: Queue,
  receipt: string,
): Promise<void> {
  const client = access.client(SQSClient, place);
  await ask('sqs:DeleteMessage', place, undefined, (options) =>
    client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receipt }), options),
  );
}

/** What a queue is like. @throws NetcostError 'upstream' */
export async function describeQueue(access: Pick<AwsAccess, 'client'>, { url, place }: Queue) {
  const client = access.client(SQSClient, place);
  const { Attributes = {} } = await ask('sqs:GetQueueAttributes', place, undefined, (options) =>
    client.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages', 'RedrivePolicy', 'Policy'],
      }),
      options,
    ),
  );
  return {
    arn: Attributes.QueueArn ?? '',
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    redrive: Attributes.RedrivePolicy,
    policy: Attributes.Policy,
  };
}
