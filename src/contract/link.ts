/** A byte duplex to an instrument, made by `drivers/links/`. A new parser belongs to each new link. */
export interface Link {
  /** What it is connected to, for messages: a port path or host:port. */
  readonly description: string;
  /** Writes all bytes; resolves when they are handed to the system. Throws EM_LINK_CLOSED on a closed link. */
  write(bytes: Uint8Array): Promise<void>;
  /** Called with every chunk as it arrives, in any splitting. Returns the function that unsubscribes. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /** Resolves once when the link is gone, with the reason if it was not closed by us. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Closes; idempotent; resolves when the port is free again, or after a bounded wait. */
  close(): Promise<void>;
}
