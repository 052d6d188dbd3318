import type { Case } from '../case.js';
import type { ClientPlace } from '../evidence/workloads.js';
import type { Fix } from './fix.js';
import { gatewayEndpointFix } from './gateway-endpoint.js';

/** An S3 gateway endpoint in the clients' VPC. Only for S3 of the gateway's own Region. */
export function s3GatewayEndpoint(found: Case, places: readonly ClientPlace[], savedBytes: number): Fix | null {
  return gatewayEndpointFix(found, 's3', places, savedBytes);
}
