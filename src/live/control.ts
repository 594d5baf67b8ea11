import { toEmagentError } from '../contract/errors.ts';
import { type ControlPort, ControlRequest } from '../contract/events.ts';
import type { Ack } from './protocol.ts';

const LONGEST_ID = 200;

function refusal(id: Ack['id'], message: string): Ack {
  return { type: 'ack', id, accepted: false, message };
}

/** Reads `{ id, request }`, passes it on and answers; whatever arrives, the answer is an acknowledgement. Never rejects. */
export async function answerControl(text: string, control: ControlPort | undefined, by: string): Promise<Ack> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return refusal(null, 'The message is not JSON.');
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return refusal(null, 'The message is not a JSON object.');
  const { id, request } = message as { id?: unknown; request?: unknown };
  const validId = (typeof id === 'string' && id.length <= LONGEST_ID) || (typeof id === 'number' && Number.isFinite(id));
  if (!validId) return refusal(null, 'The request has no `id` (a text or a number).');
  const known = ControlRequest.safeParse(request);
  if (!known.success) return refusal(id, `Unknown request; there are: ${ControlRequest.options.join(', ')}.`);
  if (control === undefined) return refusal(id, 'There is no run to control here.');
  try {
    const { accepted, message: words } = await control.request(known.data, by);
    return { type: 'ack', id, accepted, message: words };
  } catch (thrown) {
    return refusal(id, toEmagentError(thrown).message);
  }
}
