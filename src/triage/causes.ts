/** The causes of the contract. Their order is the order among equals. */
export const CAUSE_IDS = [
  'exfiltration',
  'mining',
  'endpoint-removed',
  'endpoint-not-associated',
  'image-pull-loop',
  's3-same-region',
  's3-cross-region',
  'dynamodb',
  'aws-api',
  'log-shipping',
  'package-mirror',
  'backup-job',
  'retry-storm',
  'double-nat',
  'cross-az-nat',
  'idle-nat',
  'traffic-moved',
  'benign-growth',
  'not-nat',
  'unknown',
] as const;
export type CauseId = (typeof CAUSE_IDS)[number];

/** The fixes of the contract. */
export const FIX_IDS = [
  's3-gateway-endpoint',
  'dynamodb-gateway-endpoint',
  'associate-route-table',
  'restore-endpoint',
  'interface-endpoint',
  'slim-image',
  'fix-crash-loop',
  'pull-through-cache',
  'reduce-log-volume',
  'privatelink-saas',
  'move-bucket-or-reader',
  'reschedule-job',
  'backoff',
  'nat-per-az',
  'regional-nat',
  'remove-inner-nat',
  'delete-idle-nat',
  'isolate-host',
  'enable-flow-logs',
  'mark-planned',
  'none',
] as const;
export type FixId = (typeof FIX_IDS)[number];

export type Confidence = 'low' | 'medium' | 'high';
