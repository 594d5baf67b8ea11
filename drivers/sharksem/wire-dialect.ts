import type { WireDialect } from '../../src/contract/wire-recording.ts';
import { createMessageReader, encodeMessage, ID_OFFSET } from './codec/message.ts';

/** What only asks, and the sign of life to the stage's watchdog. */
const QUERIES = /^(IsBusy|StgWatchdog|[A-Z][A-Za-z]*(Get|Is|Enum)[A-Za-z]*|Get[A-Za-z]*)\0/;

/** How a replay tells SharkSEM messages apart: by function and arguments, whatever their running number is. */
export const sharksemWire: WireDialect = {
  queries: QUERIES,
  numbered: {
    reader: () => {
      const reader = createMessageReader();
      return (bytes) => reader.push(bytes).map(encodeMessage);
    },
    identify: (bytes) => {
      const [message] = createMessageReader().push(bytes);
      if (message === undefined) return { rest: Buffer.from(bytes).toString('latin1') };
      const { command, id, flags, body } = message;
      // The near end of the connection for pixels is any port that is free.
      const said = command === 'TcpRegDataPort' ? '' : Buffer.from(body).toString('latin1');
      return { ...(id !== 0 && { id }), rest: `${command} ${flags} ${said}` };
    },
    renumber: (bytes, id) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(id, ID_OFFSET);
      return copy;
    },
  },
};
