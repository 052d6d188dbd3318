import type { TagKeys } from '../attribution/tag-keys.js';

/** What names are made of, besides the files: copies of what other systems told, each under its name. */
export interface CopySources {
  readonly dir: string;
  readonly tagKeys: TagKeys;
  /** Whose copies are read, by the name for a person: those that the config names, and no others that may lie there. */
  readonly netbox: boolean;
  readonly organizations: boolean;
  /** Names of the EC2 and IPAM sources, for what is missing of them. */
  readonly inventory: readonly { readonly copy: string; readonly name: string }[];
  readonly awsRanges: boolean;
  readonly providers: readonly string[];
}

/** Names of the copies that are not one per place. */
export const COPY_NAMES = {
  netbox: 'netbox',
  organizations: 'organizations',
  holders: 'holders',
  awsRanges: 'aws-ranges',
  ipam: (scope: string) => `ipam-${scope}`,
  provider: (provider: string) => `ranges-${provider.replace(/[^\w-]+/g, '_')}`,
} as const;
