import { createHmac } from 'node:crypto';

/** The headers with which Slack signs a request: HMAC-SHA256 over `v0:TIMESTAMP:BODY`. */
export function signRequest(secret: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` };
}
