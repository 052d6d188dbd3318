import type { ModalView } from '@slack/types';
import type { Request } from './answer-call.js';
import { writeAsked } from './buttons.js';
import { LIMITS } from './limits.js';
import { plainText } from './message.js';

/** The window that picks a channel to share into. The question travels in its private metadata. */
export function shareView(request: Request, channelId: string): ModalView {
  const initial = channelId.startsWith('C') || channelId.startsWith('G') ? { initial_conversation: channelId } : {};
  return {
    type: 'modal',
    callback_id: 'share_to',
    title: plainText('Share this answer', LIMITS.view.title),
    submit: plainText('Share', LIMITS.view.submit),
    close: plainText('Cancel', LIMITS.view.close),
    private_metadata: writeAsked(
      request.nowMs === undefined ? { text: request.text } : { text: request.text, nowMs: request.nowMs },
    ),
    blocks: [
      { type: 'section', text: plainText(request.text || 'This answer', LIMITS.section.text) },
      {
        type: 'input',
        block_id: 'channel',
        label: plainText('Channel', 100),
        hint: plainText('Everybody in that channel will be able to read it.', 200),
        element: {
          type: 'conversations_select',
          action_id: 'pick:channel',
          ...initial,
          filter: { include: ['public', 'private'], exclude_bot_users: true, exclude_external_shared_channels: true },
        },
      },
    ],
  };
}
