const KEPT_FRAMES = 24;

/** Object URLs of the pictures that were sent, and of those that are asked for; the old ones of frames are let go. */
export function createPictures(onArrival) {
  const urls = new Map();
  const frames = [];
  const asked = new Set();
  const put = (frameId, jpeg, kept) => {
    if (!urls.has(frameId)) urls.set(frameId, URL.createObjectURL(jpeg));
    if (!kept) frames.push(frameId);
    else asked.add(frameId);
    while (frames.length > KEPT_FRAMES) {
      const oldest = frames.shift();
      if (asked.has(oldest)) continue;
      // The page may still show it: it is let go when nothing can.
      const url = urls.get(oldest);
      urls.delete(oldest);
      setTimeout(() => URL.revokeObjectURL(url), 5000);
    }
    onArrival(frameId);
  };
  return {
    url: (frameId) => urls.get(frameId),
    add: ({ kind, frameId, jpeg }) => put(frameId, jpeg, kind === 'find'),
    /** Asks the server for pictures that were sent before this page was open; one that is no longer held stays away. */
    fetch: async (api, frameIds) => {
      for (const frameId of frameIds) {
        if (urls.has(frameId) || asked.has(frameId)) continue;
        asked.add(frameId);
        try {
          const reply = await api(`v1/frames/${encodeURIComponent(frameId)}.jpg`);
          if (reply.ok) put(frameId, await reply.blob(), true);
        } catch {
          asked.delete(frameId);
        }
      }
    },
    clear: () => {
      for (const url of urls.values()) URL.revokeObjectURL(url);
      urls.clear();
      asked.clear();
      frames.length = 0;
    },
  };
}
