import {
  ConfirmSubscriptionCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

type Access = Pick<AwsAccess, 'client' | 'accounts'>;

/**
 * Confirms a subscription by the API, which needs no word of the message but its token; the SubscribeURL, which may
 * point anywhere, is never followed. Later unsubscribing needs credentials. @throws NetcostError 'upstream'
 */
export async function confirmSubscription(access: Access, topicArn: string, token: string): Promise<void> {
  const place = placeOfArn(topicArn);
  const client = access.client(SNSClient, place);
  await ask('sns:ConfirmSubscription', place, undefined, (options) =>
    client.send(
      new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token: token, AuthenticateOnUnsubscribe: 'true' }),
      options,
    ),
  );
}

/** Publishes a text, as for a test alert. @throws NetcostError 'upstream' */
export async function publish(access: Access, topicArn: string, message: string, subject: string): Promise<void> {
  const place = placeOfArn(topicArn);
  const client = access.client(SNSClient, place);
  await ask('sns:Publish', place, undefined, (options) =>
    client.send(new PublishCommand({ TopicArn: topicArn, Message: message, Subject: subject }), options),
  );
}

/** Who is subscribed to a topic: protocol and endpoint. @throws NetcostError 'upstream' */
export async function listSubscribers(
  access: Access,
  topicArn: string,
): Promise<readonly { readonly protocol: string; readonly endpoint: string; readonly isConfirmed: boolean }[]> {
  const place = placeOfArn(topicArn);
  const client = access.client(SNSClient, place);
  const { items } = await readPages(10, (NextToken) =>
    ask('sns:ListSubscriptionsByTopic', place, undefined, async (options) => {
      const input = { TopicArn: topicArn, NextToken };
      const answer = await client.send(new ListSubscriptionsByTopicCommand(input), options);
      return { items: answer.Subscriptions ?? [], token: answer.NextToken };
    }),
  );
  return items.map(({ Protocol = '', Endpoint = '', SubscriptionArn = '' }) => ({
    protocol: Protocol,
    endpoint: Endpoint,
    isConfirmed: SubscriptionArn.startsWith('arn:'),
  }));
}

/** Where a topic is: its own account and Region. */
function placeOfArn(arn: string): AwsPlace {
  const [, , , region = '', accountId = ''] = arn.split(':');
  return { accountId, region };
}
