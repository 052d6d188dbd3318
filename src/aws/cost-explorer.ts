import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  ProvideAnomalyFeedbackCommand,
} from '@aws-sdk/client-cost-explorer';
import { DAY_MS, isoTime } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { asDocument, ask, readPages } from './ask.js';

/** Three requests at most: each costs a cent. */
const MOST_PAGES = 3;

/** Cost Explorer answers in one Region for all (AWS, "Cost Explorer endpoints"). */
const atItsRegion = ({ accountId }: Pick<AwsPlace, 'accountId'>): AwsPlace => ({ accountId, region: 'us-east-1' });

/**
 * The bill of one account and Region by usage type and day, from `fromMs` to `toMs`, as `cost-explorer/usage.json` holds
 * it. `isWhole` is false where the budget of pages ran out. @throws NetcostError 'upstream'
 */
export async function readUsageByType(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  window: { readonly fromMs: number; readonly toMs: number },
  signal?: AbortSignal,
): Promise<{ readonly ResultsByTime: readonly unknown[]; readonly isWhole: boolean }> {
  const client = access.client(CostExplorerClient, atItsRegion(place));
  const day = (ms: number) => isoTime(ms).slice(0, 10);
  const both = (Key: 'LINKED_ACCOUNT' | 'REGION', value: string) => ({ Dimensions: { Key, Values: [value] } });
  const input = {
    TimePeriod: { Start: day(window.fromMs), End: day(window.toMs + DAY_MS) },
    Granularity: 'DAILY' as const,
    Metrics: ['UnblendedCost', 'UsageQuantity'],
    GroupBy: [{ Type: 'DIMENSION' as const, Key: 'USAGE_TYPE' }],
    Filter: { And: [both('LINKED_ACCOUNT', place.accountId), both('REGION', place.region)] },
  };
  const { items, hasMore } = await readPages(MOST_PAGES, (NextPageToken) =>
    ask('ce:GetCostAndUsage', atItsRegion(place), signal, async (options) => {
      const answer = await client.send(new GetCostAndUsageCommand({ ...input, NextPageToken }), options);
      return { items: asDocument(answer.ResultsByTime ?? []) as readonly unknown[], token: answer.NextPageToken };
    }),
  );
  return { ResultsByTime: items, isWhole: !hasMore };
}

/** Tells Cost Anomaly Detection what an anomaly was. @throws NetcostError 'upstream' */
export async function provideFeedback(
  access: Pick<AwsAccess, 'client'>,
  accountId: string,
  anomalyId: string,
  feedback: 'YES' | 'NO' | 'PLANNED_ACTIVITY',
): Promise<void> {
  const place = atItsRegion({ accountId });
  const client = access.client(CostExplorerClient, place);
  await ask('ce:ProvideAnomalyFeedback', place, undefined, (options) =>
    client.send(new ProvideAnomalyFeedbackCommand({ AnomalyId: anomalyId, Feedback: feedback }), options),
  );
}
