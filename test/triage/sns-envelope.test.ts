import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSnsEnvelope, isCertificateUrl, MAX_SNS_BYTES } from '../../src/triage/alerts/sns-envelope.js';
import { CERTIFICATE, OTHER_CERTIFICATE } from './sns-keys.js';
import { ALARM, CERT_URL, NOW_MS, signed, TOPIC } from './sns-messages.js';

function check(message: unknown, changes: { readonly certificate?: string; readonly nowMs?: number } = {}) {
  const fetched: string[] = [];
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const result = checkSnsEnvelope(body, {
    topicArns: [TOPIC],
    nowMs: changes.nowMs ?? NOW_MS,
    certificateAt: async (url) => {
      fetched.push(url);
      return changes.certificate ?? CERTIFICATE;
    },
  });
  return result.then((envelope) => ({ envelope, fetched }));
}

describe('a message of SNS', () => {
  it.each([
    ['with a subject', { Subject: 'ALARM: "nat bytes" in US East – über' }],
    ['without a subject', {}],
    ['signed with SHA-1', { SignatureVersion: '1' }],
    ['with other letters', { Message: '日本語 | # \n\t"\\' }],
  ])('that is truly signed is taken, %s', async (_, changes: Record<string, string>) => {
    const { envelope } = await check(signed(changes));
    expect(envelope).toMatchObject({ type: 'Notification', topicArn: TOPIC });
    expect(JSON.parse((envelope as { body: string }).body)).toMatchObject({ Message: changes.Message ?? ALARM });
  });

  it('is taken where Subject stands as null, as SNS writes it to some', async () => {
    expect((await check({ ...signed(), Subject: null })).envelope).toMatchObject({ type: 'Notification' });
  });

  it('gives only what was signed, whatever somebody put beside it', async () => {
    const { envelope } = await check({
      Records: [{ Sns: { Message: 'evil' } }],
      ...signed(),
      message: 'evil',
      detail: {},
    });
    expect(Object.keys(JSON.parse((envelope as { body: string }).body) as object).sort()).toEqual(
      ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'].sort(),
    );
  });

  it('is refused where anything that was signed has changed', async () => {
    const names = ['Message', 'MessageId', 'Timestamp', 'Subject', 'Signature'] as const;
    const genuine = signed({ Subject: 'hello' });
    for (const name of names) {
      const value = name === 'Timestamp' ? '2026-12-01T11:59:01.000Z' : `A${genuine[name]}`;
      expect((await check({ ...genuine, [name]: value })).envelope, name).toEqual({ refused: 'signature' });
    }
    expect((await check({ ...signed(), Subject: 'added' })).envelope).toEqual({ refused: 'signature' });
    expect((await check({ ...signed(), Type: 'UnsubscribeConfirmation' })).envelope).toEqual({ refused: 'signature' });
    expect((await check({ ...signed(), Signature: '' })).envelope).toEqual({ refused: 'signature' });
  });

  it('of a foreign topic is refused before anything is fetched, however truly it is signed', async () => {
    const foreign = signed({ TopicArn: 'arn:aws:sns:us-east-1:999988887777:cost-alerts' });
    expect(await check(foreign)).toEqual({ envelope: { refused: 'foreign-topic' }, fetched: [] });
  });

  it('is refused when it is old, from the future, or without a time', async () => {
    for (const Timestamp of ['2026-12-01T10:59:59.000Z', '2026-12-01T12:10:00.000Z', 'yesterday'])
      expect(await check(signed({ Timestamp }))).toEqual({ envelope: { refused: 'stale' }, fetched: [] });
  });

  it('may not choose another signature, nor another certificate', async () => {
    expect((await check(signed({ SignatureVersion: '3' }))).envelope).toEqual({ refused: 'signature-version' });
    const odd = await check({ ...signed(), SigningCertURL: 'https://sns.s3-us-west-2.amazonaws.com/a.pem' });
    expect(odd).toEqual({ envelope: { refused: 'certificate-url' }, fetched: [] });
    const other = { refused: 'certificate' };
    expect((await check(signed(), { certificate: OTHER_CERTIFICATE })).envelope).toEqual(other);
    expect((await check(signed(), { certificate: 'no certificate' })).envelope).toEqual(other);
    const before = Date.parse('2020-01-01T00:00:00Z');
    const early = signed({ Timestamp: '2020-01-01T00:00:00.000Z' });
    expect((await check(early, { nowMs: before })).envelope).toEqual(other);
  });

  it('that is too large or no envelope is refused', async () => {
    expect((await check(' '.repeat(MAX_SNS_BYTES + 1))).envelope).toEqual({ refused: 'too-large' });
    expect((await check('<xml>')).envelope).toEqual({ refused: 'no-json' });
    for (const body of [
      'null',
      '[]',
      '"text"',
      '{}',
      '{"Type":"Notification"}',
      JSON.stringify({ ...signed(), Type: 'X' }),
    ])
      expect((await check(body)).envelope).toEqual({ refused: 'no-envelope' });
  });

  it('never makes the check fail, whatever it holds', async () => {
    const field = fc.constantFrom(...Object.keys(signed({ Subject: 's' })));
    await fc.assert(
      fc.asyncProperty(field, fc.jsonValue(), async (name, value) => {
        const { envelope } = await check({ ...signed({ Subject: 's' }), [name]: value });
        if (!('refused' in envelope)) expect(value === signed({ Subject: 's' })[name]).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the URL of a certificate', () => {
  it.each([
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.us-east-1.amazonaws.com/../SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    'https://sns.us-east-1.amazonaws.com/x/SimpleNotificationService-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a.pem',
    `${CERT_URL}?x=1`,
    `${CERT_URL}#x`,
    CERT_URL.replace('.pem', '.PEM'),
    CERT_URL.replace('https', 'HTTPS'),
    '',
  ])('is refused: %s', (url) => {
    expect(isCertificateUrl(url, TOPIC)).toBe(false);
  });

  it('is that of SNS in the Region of the topic, in China too', () => {
    expect(isCertificateUrl(CERT_URL, TOPIC)).toBe(true);
    const china = CERT_URL.replace('us-east-1.amazonaws.com', 'cn-north-1.amazonaws.com.cn');
    expect(isCertificateUrl(china, 'arn:aws-cn:sns:cn-north-1:111122223333:cost-alerts')).toBe(true);
    expect(isCertificateUrl(china, 'arn:aws:sns:s3-us-west-2:111122223333:cost-alerts')).toBe(false);
  });
});
