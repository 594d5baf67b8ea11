/** What the session needs of a log; pino's loggers fit. */
export interface Logger {
  debug(context: object, message: string): void;
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}

/** The log as drivers and servers want it: one function of level, message and context. */
export function logTo(log: Logger) {
  return (level: keyof Logger, message: string, context: Record<string, unknown> = {}): void => log[level](context, message);
}
