/** The people and channels of the local workspace: one of each kind that the access rules tell apart. */
export interface WorkspaceUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly title: string;
  /** Home organisation; another one's than the workspace's is a stranger in a shared channel. */
  readonly teamId: string;
  readonly isGuest: boolean;
  readonly isBot: boolean;
  /** Of the avatar, 0 to 359. */
  readonly hue: number;
}

export interface WorkspaceChannel {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly isExternal: boolean;
  readonly members: readonly string[];
  readonly isArchived?: boolean;
}

export interface Cast {
  readonly team: { readonly id: string; readonly name: string; readonly domain: string };
  readonly bot: { readonly userId: string; readonly botId: string; readonly appId: string };
  readonly users: readonly WorkspaceUser[];
  readonly channels: readonly WorkspaceChannel[];
  readonly groups: readonly { readonly id: string; readonly handle: string; readonly members: readonly string[] }[];
}

const TEAM = 'T0ACME001';
const PARTNER = 'T0PARTNER';

const user = (
  id: string,
  realName: string,
  title: string,
  hue: number,
  more: Partial<WorkspaceUser> = {},
): WorkspaceUser => ({
  id,
  name: realName.split(' ')[0]!.toLowerCase(),
  realName,
  title,
  teamId: TEAM,
  isGuest: false,
  isBot: false,
  hue,
  ...more,
});

/** The default cast of the demo. */
export const DEMO_CAST: Cast = {
  team: { id: TEAM, name: 'Harbourline', domain: 'harbourline' },
  bot: { userId: 'U0NETCOST', botId: 'B0NETCOST', appId: 'A0NETCOST' },
  users: [
    user('U0DANA001', 'Dana Fox', 'Platform engineer', 262),
    user('U0MIGUEL1', 'Miguel Ortiz', 'Payments', 18),
    user('U0PRIYA01', 'Priya Nair', 'Search', 160),
    user('U0GUEST01', 'Sam Lee', 'Contractor (guest)', 45, { isGuest: true }),
    user('U0PARTNER', 'Robin Berg', 'Works at a partner company', 320, { teamId: PARTNER }),
    user('U0NETCOST', 'netcost', 'App', 200, { isBot: true, name: 'netcost' }),
  ],
  channels: [
    {
      id: 'C0COSTS01',
      name: 'cloud-costs',
      topic: 'What the cloud costs, and who is asking',
      kind: 'public',
      isExternal: false,
      members: ['U0DANA001', 'U0MIGUEL1', 'U0PRIYA01', 'U0NETCOST'],
    },
    {
      id: 'C0PAY0001',
      name: 'payments-oncall',
      topic: 'Payments, on call',
      kind: 'private',
      isExternal: false,
      members: ['U0DANA001', 'U0MIGUEL1', 'U0NETCOST'],
    },
    {
      id: 'C0GENERAL',
      name: 'general',
      topic: 'Everybody, contractors too',
      kind: 'public',
      isExternal: false,
      members: ['U0DANA001', 'U0MIGUEL1', 'U0PRIYA01', 'U0GUEST01', 'U0NETCOST'],
    },
    {
      id: 'C0SHARED1',
      name: 'ext-partner',
      topic: 'Shared with another organisation',
      kind: 'public',
      isExternal: true,
      members: ['U0DANA001', 'U0PARTNER', 'U0NETCOST'],
    },
  ],
  groups: [{ id: 'S0PLATFRM', handle: 'platform', members: ['U0DANA001'] }],
};
