import { HOUR_MS } from '../units.js';
import type { Client } from './company.js';
import type { Random } from './random.js';
import type { Remote } from './remotes.js';

/** One connection through a gateway. Times are whole seconds; bytes include IP headers, as flow logs and the bill do. */
export interface Connection {
  readonly startMs: number;
  readonly endMs: number;
  readonly client: Client;
  readonly clientPort: number;
  readonly remote: Remote;
  readonly remotePort: number;
  /** IANA number: 6 or 17. */
  readonly protocol: number;
  /** The port that the gateway puts in place of the client's. */
  readonly natPort: number;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  readonly packetsUp: bigint;
  readonly packetsDown: bigint;
}

/** No connection lasts longer: who looks for rows of a moment need not look further back. */
export const LONGEST_CONNECTION_MS = HOUR_MS;

/** A connection of so much payload, with the packets and headers that TCP makes of it. */
export function connect(
  client: Client,
  remote: Remote,
  startMs: number,
  seconds: number,
  random: Random,
  volume: { downPayload: number; upPayload: number; port: number; protocol: number },
): Connection {
  // Full segments of 1,448 bytes with 52 bytes of headers; every second one is acknowledged.
  const down = Math.max(1, Math.ceil(volume.downPayload / 1448));
  const up = Math.max(1, Math.ceil(volume.upPayload / 1448));
  const packetsDown = down + Math.ceil(up / 2) + 2;
  const packetsUp = up + Math.ceil(down / 2) + 3;
  return {
    startMs,
    endMs: startMs + seconds * 1000,
    client,
    remote,
    clientPort: random.between(32_768, 60_999),
    natPort: random.between(1024, 65_535),
    remotePort: volume.port,
    protocol: volume.protocol,
    packetsUp: BigInt(packetsUp),
    packetsDown: BigInt(packetsDown),
    bytesUp: BigInt(Math.round(volume.upPayload) + 52 * packetsUp),
    bytesDown: BigInt(Math.round(volume.downPayload) + 52 * packetsDown),
  };
}
