import { isoTime } from '../../units.js';
import { texts } from '../bundle/documents.js';
import { type Alert, plainAlert } from './alert.js';
import { amountOf, fieldOf, type Loose, objectOf, textOf, timeOf } from './fields.js';

/** What netcost's own detection found: one gateway's bytes, or one team's. */
export interface Detected {
  /** `nat-…`, or a team's name. */
  readonly subject: string;
  readonly kind: 'gateway' | 'team';
  readonly accountId: string | undefined;
  readonly region: string | undefined;
  readonly natGatewayIds: readonly string[];
  /** When the hours above the usual began: with the subject it names the anomaly, however often it is found again. */
  readonly beganMs: number;
  /** What the excess costs until now, USD. */
  readonly usd: string;
  readonly foundMs: number;
}

const SOURCE = 'netcost';
const DETAIL_TYPE = 'NAT anomaly detected';

/** A finding as an event, in the form of EventBridge's: what `parseAlert` reads, and what a bundle keeps. */
export function detectedPayload(found: Detected): string {
  return JSON.stringify({
    source: SOURCE,
    'detail-type': DETAIL_TYPE,
    time: isoTime(found.foundMs),
    ...(found.accountId === undefined ? {} : { account: found.accountId }),
    ...(found.region === undefined ? {} : { region: found.region }),
    detail: {
      kind: found.kind,
      subject: found.subject,
      natGatewayIds: found.natGatewayIds,
      began: isoTime(found.beganMs),
      usd: found.usd,
    },
  });
}

/** Reads such an event. Null where the document is none. */
export function readDetected(source: Loose): Alert | null {
  if (textOf(source, 'source') !== SOURCE || textOf(source, 'detail-type') !== DETAIL_TYPE) return null;
  const detail = objectOf(source.detail);
  const subject = textOf(detail, 'subject') ?? 'NAT gateways';
  const began = textOf(detail, 'began') ?? '';
  const isTeam = textOf(detail, 'kind') === 'team';
  return {
    ...plainAlert(
      'detected',
      `detected-${subject}-${began}`,
      isTeam ? `Team ${subject} sends more than usual` : `More bytes than usual through ${subject}`,
    ),
    state: 'alarm',
    accountIds: [textOf(source, 'account')].flatMap((one) => one ?? []),
    regions: [textOf(source, 'region')].flatMap((one) => one ?? []),
    natGatewayIds: texts(fieldOf(detail, 'natGatewayIds')),
    usd: amountOf(fieldOf(detail, 'usd')),
    startsAtMs: timeOf(began),
    sentAtMs: timeOf(source.time),
  };
}
