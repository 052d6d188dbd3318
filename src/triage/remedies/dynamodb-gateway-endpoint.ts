import type { Case } from '../case.js';
import type { ClientPlace } from '../evidence/workloads.js';
import type { Fix } from './fix.js';
import { gatewayEndpointFix } from './gateway-endpoint.js';

/** A DynamoDB gateway endpoint in the clients' VPC. Only for DynamoDB of the gateway's own Region. */
export function dynamodbGatewayEndpoint(found: Case, places: readonly ClientPlace[], savedBytes: number): Fix | null {
  return gatewayEndpointFix(found, 'dynamodb', places, savedBytes);
}
