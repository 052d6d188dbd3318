import { DAY_MS, HOUR_MS } from '../units.js';
import { emptyRow, type FlowRow, rejectedRow, scanRow } from './flow-rows.js';
import type { Ledger } from './ledger.js';
import { randomFor } from './random.js';
import { officeLevel } from './traffic.js';

/**
 * Rows of an hour that are no traffic of the ledger: scans of the public addresses, mail that the network ACL refuses,
 * and ten minutes in the second night of the logs whose rows AWS lost (SKIPDATA).
 */
export function* noiseOfHour(ledger: Ledger, hourMs: number): Generator<FlowRow> {
  const random = randomFor(ledger.seed, 'noise', hourMs);
  const { gateways, clients } = ledger.company;
  for (const gateway of gateways) {
    for (let count = random.count(2); count > 0; count -= 1) {
      yield scanRow(gateway, {
        startMs: hourMs + random.between(0, 3590) * 1000,
        from: `192.0.2.${random.between(1, 254)}`,
        fromPort: random.between(1024, 65_535),
        port: random.pick([22, 23, 445, 3389, 8080]),
        packets: random.between(1, 3),
      });
    }
  }
  const scratch = clients.filter((client) => client.workload === 'scratch');
  for (let count = random.count(1.5 * officeLevel(hourMs)); count > 0; count -= 1) {
    const client = random.pick(scratch);
    yield rejectedRow(client.gateway, {
      startMs: hourMs + random.between(0, 3580) * 1000,
      client: client.address,
      clientPort: random.between(32_768, 60_999),
      remote: '198.51.100.25',
      port: 25,
      packets: random.between(2, 6),
    });
  }
  if (hourMs === ledger.fromMs + DAY_MS + 3 * HOUR_MS) {
    yield emptyRow(gateways[1]!, hourMs, hourMs + 599_000, 'SKIPDATA');
  }
}
