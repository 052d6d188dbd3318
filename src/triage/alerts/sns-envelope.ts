import { createVerify, X509Certificate } from 'node:crypto';
import { type Loose, objectOf, textOf } from './fields.js';

/** A message of SNS that was signed by it. */
export interface SnsEnvelope {
  readonly type: EnvelopeType;
  readonly messageId: string;
  readonly topicArn: string;
  /** What was signed, as JSON, and nothing else: a true message may come with fields that somebody put beside. */
  readonly body: string;
  /** Version 1 is SHA-1: good enough to take, old enough to say so. */
  readonly isOldSignature: boolean;
}

/** Refused, and why: for a log line and a count. The sender learns nothing. */
export interface Refused {
  readonly refused:
    | 'too-large'
    | 'no-json'
    | 'no-envelope'
    | 'foreign-topic'
    | 'stale'
    | 'signature-version'
    | 'certificate-url'
    | 'certificate'
    | 'signature';
}

export interface SnsRules {
  /** The only topics that are listened to. Looked at before anything else. */
  readonly topicArns: readonly string[];
  readonly nowMs: number;
  /** The certificate of a URL that has passed; rejects where it cannot be had. */
  readonly certificateAt: (url: string) => Promise<string>;
}

/** SNS takes 256 KB of message; its envelope and JSON's escapes come on top. */
export const MAX_SNS_BYTES = 600 * 1024;
const MAX_AGE_MS = 3_600_000;
/** Clocks differ a little; a message from the future is none. */
const MAX_AHEAD_MS = 5 * 60_000;

/**
 * Checks a message that came over HTTPS as SNS sends it (facts/triage.md 1.5), in this order: size, form, topic, age,
 * the certificate's URL, the certificate, the signature. Nothing is fetched for a foreign topic or an odd URL, and what
 * the message says of itself never chooses where to look: host and path are pinned to SNS of the topic's own Region.
 */
export async function checkSnsEnvelope(body: string, rules: SnsRules): Promise<SnsEnvelope | Refused> {
  if (Buffer.byteLength(body) > MAX_SNS_BYTES) return { refused: 'too-large' };
  let source: Loose;
  try {
    source = objectOf(JSON.parse(body));
  } catch {
    return { refused: 'no-json' };
  }
  const type = textOf(source, 'Type');
  const messageId = exactText(source, 'MessageId');
  const topicArn = exactText(source, 'TopicArn');
  if (messageId === undefined || topicArn === undefined || !isKnownType(type)) return { refused: 'no-envelope' };
  if (!rules.topicArns.includes(topicArn)) return { refused: 'foreign-topic' };
  const sentAtMs = Date.parse(exactText(source, 'Timestamp') ?? '');
  if (!(sentAtMs >= rules.nowMs - MAX_AGE_MS && sentAtMs <= rules.nowMs + MAX_AHEAD_MS)) return { refused: 'stale' };
  const version = exactText(source, 'SignatureVersion');
  if (version !== '1' && version !== '2') return { refused: 'signature-version' };
  const url = exactText(source, 'SigningCertURL') ?? '';
  if (!isCertificateUrl(url, topicArn)) return { refused: 'certificate-url' };
  const certificate = await certificateOf(url, rules);
  if (certificate === null) return { refused: 'certificate' };
  const signed = signedText(source, type);
  const verify = createVerify(version === '2' ? 'RSA-SHA256' : 'RSA-SHA1').update(signed ?? '', 'utf8');
  const signature = Buffer.from(exactText(source, 'Signature') ?? '', 'base64');
  if (signed === null || !verify.verify(certificate.publicKey, signature)) return { refused: 'signature' };
  const fields = SIGNED[type].flatMap((name) => (typeof source[name] === 'string' ? [[name, source[name]]] : []));
  return {
    type,
    messageId,
    topicArn,
    body: JSON.stringify(Object.fromEntries(fields)),
    isOldSignature: version === '1',
  };
}

const TYPES = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'] as const;
type EnvelopeType = (typeof TYPES)[number];

function isKnownType(type: string | undefined): type is EnvelopeType {
  return TYPES.some((one) => one === type);
}

/** The field of just this name: what is signed is by exact names, so another casing must not slip by. */
function exactText(source: Loose, name: string): string | undefined {
  const value = Object.hasOwn(source, name) ? source[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

/**
 * SNS of the topic's Region, and nothing that looks like it: AWS's own pattern takes `sns.s3-us-west-2.amazonaws.com`
 * for SNS, which is a bucket of anybody (spaceraccoon, DEF CON 30).
 */
export function isCertificateUrl(text: string, topicArn: string): boolean {
  const [, partition = '', , region = ''] = topicArn.split(':');
  if (!REGION.test(region)) return false;
  const host = `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  // Compared as text too: a parser forgives what a fetch might not.
  if (!text.startsWith(`https://${host}/`)) return false;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  return (
    url.protocol === 'https:' &&
    url.host === host &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    CERTIFICATE_PATH.test(url.pathname) &&
    text === `https://${host}${url.pathname}`
  );
}

async function certificateOf(url: string, { certificateAt, nowMs }: SnsRules): Promise<X509Certificate | null> {
  try {
    const certificate = new X509Certificate(await certificateAt(url));
    const isInDate = Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
    const isOfSns = /^CN=sns(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/m.test(certificate.subject);
    return isInDate && isOfSns && certificate.publicKey.asymmetricKeyType === 'rsa' ? certificate : null;
  } catch {
    return null;
  }
}

const SIGNED: Readonly<Record<EnvelopeType, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

/** The string to sign (AWS, "Verifying the signatures of Amazon SNS messages"). Only the subject may be absent. */
function signedText(source: Loose, type: EnvelopeType): string | null {
  const lines: string[] = [];
  for (const name of SIGNED[type]) {
    const value = exactText(source, name);
    if (value === undefined && name === 'Subject' && (source.Subject ?? null) === null) continue;
    if (value === undefined) return null;
    lines.push(`${name}\n${value}\n`);
  }
  return lines.join('');
}
