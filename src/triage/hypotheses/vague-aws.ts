import type { Case } from '../case.js';
import { isStale } from '../evidence/remotes.js';
import type { Component } from '../evidence/talkers.js';

/** Ten to one downloads in packets near the wire's limit: objects. APIs answer in small packets, or are written to. */
const DOWN_RATIO = 10;
const OBJECT_PACKET_BYTES = 1000;

/**
 * Whether an AMAZON-only component is likely S3 that the tables do not know yet: only where the tables are old or
 * missing, and the traffic is plain bulk download.
 */
export function looksLikeObjects(found: Case, component: Component): boolean {
  if (!component.remote.isVague || !found.remotes) return false;
  const isOld =
    isStale(found.remotes, found.account.nowMs) || !found.remotes.hasRangesFile || component.remote.region === null;
  const isDownload = component.excessDown > DOWN_RATIO * Math.max(1, component.excessUp);
  return isOld && isDownload && component.packetBytes > OBJECT_PACKET_BYTES;
}
