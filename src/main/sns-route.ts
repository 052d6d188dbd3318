import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.js';
import { hasSeenMessage, type IntakeCount, markMessage } from '../state/alert-intake.js';
import type { StateDb } from '../state/open-state.js';
import { checkSnsEnvelope, MAX_SNS_BYTES } from '../triage/alerts/sns-envelope.js';
import type { Taken } from '../triage/alerts/take-alert.js';

/** A route of our own beside Slack's. */
export interface SnsRoute {
  readonly path: string;
  readonly method: string;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface SnsRouteDeps {
  readonly topicArns: readonly string[];
  readonly take: (body: string) => Promise<Taken>;
  readonly confirm: (topicArn: string, token: string) => Promise<void>;
  readonly count: (what: IntakeCount, detail: string) => Promise<void>;
  readonly certificateAt: (url: string) => Promise<string>;
  readonly db: StateDb;
  readonly nowMs: () => number;
  readonly log: Log;
}

export const SNS_PATH = '/aws/sns';
/** Whoever sends slowly holds a connection; SNS sends at once. */
const BODY_MS = 10_000;

/**
 * Takes SNS's messages over HTTPS. Whatever is refused is answered with a bare 403, counted and logged: the sender
 * learns nothing of why. A message that was taken before is answered with 200 and left at that: SNS may send twice, and
 * so may anybody who has heard one. A failure of ours is a 500, and SNS sends again.
 */
export function snsRoute(deps: SnsRouteDeps): SnsRoute {
  return {
    path: SNS_PATH,
    method: 'POST',
    handler: (request, response) => {
      const answer = (status: number) => {
        if (response.headersSent) return;
        response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
        response.end();
      };
      readBody(request)
        .then((body) => (body === null ? refuse(deps, 'too-large', 413) : takeBody(deps, body)))
        .then(answer, (error: unknown) => {
          deps.log.error('a message of SNS could not be taken', { error });
          answer(500);
        });
    },
  };
}

async function takeBody(deps: SnsRouteDeps, body: string): Promise<number> {
  const { topicArns, certificateAt, db, log } = deps;
  const envelope = await checkSnsEnvelope(body, { topicArns, certificateAt, nowMs: deps.nowMs() });
  if ('refused' in envelope) return refuse(deps, envelope.refused, 403);
  const { messageId, topicArn, type } = envelope;
  if (await hasSeenMessage(db, messageId)) {
    log.info('a message of SNS came again', { messageId });
    return 200;
  }
  if (envelope.isOldSignature)
    log.warn('a topic signs with SHA-1; set its attribute SignatureVersion to 2', { topicArn });
  const taken = await deps.take(envelope.body);
  switch (taken.outcome) {
    case 'confirm':
      // By the API, with the token: the URL in the message is never followed.
      await deps.confirm(taken.topicArn, taken.token);
      log.info('a subscription was confirmed', { topicArn });
      break;
    case 'unsubscribed':
      log.warn('a topic no longer sends its alerts here', { topicArn });
      break;
    case 'not-understood':
      log.warn('a message of SNS was not understood', { messageId, beginning: taken.beginning });
      await deps.count('not-understood', taken.beginning);
      break;
    case 'test':
      log.info('a test alert arrived', { id: taken.id });
      await deps.count('test', taken.id);
      break;
    case 'alert':
      await deps.count('alert', taken.title);
      break;
    case 'foreign-topic':
      return refuse(deps, 'foreign-topic', 403);
  }
  // Marked last: a crash before this takes the message again, and the same alert twice is one thread.
  await markMessage(db, messageId, deps.nowMs());
  log.debug('a message of SNS was taken', { messageId, type });
  return 200;
}

async function refuse({ count, log }: SnsRouteDeps, why: string, status: number): Promise<number> {
  log.warn('a message at the SNS route was refused', { why });
  await count('refused', why);
  return status;
}

/** The body as text; null where it is larger than SNS sends, without reading on. */
function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = setTimeout(() => reject(new Error('the body did not come in time')), BODY_MS);
    request.on('close', () => clearTimeout(late));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_SNS_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      request.pause();
      resolve(null);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}
