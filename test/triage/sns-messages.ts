import { createSign } from 'node:crypto';
import { KEY } from './sns-keys.js';

export const NOW_MS = Date.parse('2026-12-01T12:00:00Z');
export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:cost-alerts';
export const CERT_URL = `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${'0a'.repeat(16)}.pem`;
export const ALARM = JSON.stringify({
  AlarmName: 'nat bytes',
  AlarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:nat bytes',
  NewStateValue: 'ALARM',
  StateChangeTime: '2026-12-01T11:58:00.000+0000',
  Trigger: {
    MetricName: 'BytesOutToDestination',
    Dimensions: [{ name: 'NatGatewayId', value: 'nat-0a1b2c3d4e5f60718' }],
  },
});

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

/** A message of SNS with a true signature, by the rules of AWS's own page; `changes` are signed too. */
export function signed(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const type = (changes.Type ?? 'Notification') as keyof typeof SIGNED;
  const message: Record<string, string | undefined> = {
    Type: type,
    MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
    TopicArn: TOPIC,
    Message: ALARM,
    Timestamp: '2026-12-01T11:59:00.000Z',
    SignatureVersion: '2',
    SigningCertURL: CERT_URL,
    ...changes,
  };
  const text = SIGNED[type]
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
  const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  const Signature = createSign(algorithm).update(text, 'utf8').sign(KEY, 'base64');
  return JSON.parse(JSON.stringify({ ...message, Signature })) as Record<string, string>;
}
