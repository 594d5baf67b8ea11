// The live socket with automatic reconnect: docs/protocol-live.md.

const RECONNECT_MS = [500, 1000, 2000, 4000, 8000];
const HEADER_BYTES = 8;
const SUBPROTOCOL = 'emagent-live.v1';

/** `EMTH`, version, kind, length of the id, id, JPEG. undefined for anything else. */
export function decodeThumbnail(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < HEADER_BYTES || view.getUint32(0) !== 0x454d5448 || view.getUint8(4) !== 1) return undefined;
  const end = HEADER_BYTES + view.getUint16(6);
  if (end > view.byteLength) return undefined;
  return {
    kind: view.getUint8(5) === 1 ? 'find' : 'frame',
    frameId: new TextDecoder().decode(new Uint8Array(buffer, HEADER_BYTES, end - HEADER_BYTES)),
    jpeg: new Blob([new Uint8Array(buffer, end)], { type: 'image/jpeg' }),
  };
}

/** The token of the address bar is kept for this tab and taken out of what is shown and bookmarked. */
function takeToken() {
  const address = new URL(location.href);
  const given = address.searchParams.get('token');
  if (given !== null) {
    sessionStorage.setItem('emagent-token', given);
    address.searchParams.delete('token');
    history.replaceState(null, '', address);
  }
  return sessionStorage.getItem('emagent-token');
}

/**
 * handlers: hello(hello, fresh), event(event), thumbnail({kind, frameId, jpeg}), link('connecting' | 'live' | 'waiting'),
 * askToken(why) → Promise<string>. `fresh`: the snapshot replaces what the page knew.
 */
export function openConnection(handlers) {
  let token = takeToken();
  let socket;
  let runId = null;
  let next;
  let failures = 0;
  let requestNumber = 0;
  const waiting = new Map();

  const headers = () => (token === null ? {} : { Authorization: `Bearer ${token}` });
  const api = (path, options = {}) => fetch(path, { ...options, headers: { ...headers(), ...options.headers } });

  const later = () => {
    handlers.link('waiting');
    setTimeout(connect, RECONNECT_MS[Math.min(failures++, RECONNECT_MS.length - 1)]);
  };
  const refused = async () => {
    // A browser does not tell why an upgrade failed; the same door by HTTP does.
    try {
      const reply = await api('v1/snapshot', { method: 'HEAD' });
      if (reply.status !== 401) return false;
      token = await handlers.askToken(token === null ? undefined : 'That token was not the right one.');
      sessionStorage.setItem('emagent-token', token);
      return true;
    } catch {
      return false;
    }
  };
  const receive = (message) => {
    if (message.type === 'ack') {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    } else if (message.type === 'hello') {
      const goesOn = message.runId !== null && message.runId === runId && message.nextSeq === next;
      runId = message.runId;
      next = message.nextSeq;
      failures = 0;
      handlers.link('live');
      handlers.hello(message, !goesOn);
    } else {
      next = message.seq + 1;
      handlers.event(message);
    }
  };
  const connect = () => {
    handlers.link('connecting');
    const address = new URL('v1/live', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.search = '';
    if (next !== undefined && runId !== null) {
      address.searchParams.set('since', next);
      address.searchParams.set('run', runId);
    }
    socket = new WebSocket(address, token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${token}`]);
    socket.binaryType = 'arraybuffer';
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
    });
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') receive(JSON.parse(data));
      else {
        const thumbnail = decodeThumbnail(data);
        if (thumbnail !== undefined) handlers.thumbnail(thumbnail);
      }
    });
    socket.addEventListener('close', async () => {
      for (const [id, answer] of waiting) answer({ id, accepted: false, message: 'The connection was lost before the answer came.' });
      waiting.clear();
      if (!opened && (await refused())) connect();
      else later();
    });
  };
  connect();
  return {
    /** Resolves with the acknowledgement; never rejects. */
    request: (request) =>
      new Promise((resolve) => {
        const id = `dashboard-${++requestNumber}`;
        if (socket.readyState !== WebSocket.OPEN) {
          resolve({ id, accepted: false, message: 'There is no connection at the moment.' });
          return;
        }
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, request }));
      }),
    api,
  };
}
