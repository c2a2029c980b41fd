import { type Logger, pino } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on stderr (stdout is for answers). Messages are stable event names (`task.started`); everything else is a field. */
export function createLogger(
  component: string,
  level: LogLevel = 'info',
  /** Told of each line as well. */
  tee?: (line: string) => void,
): Logger {
  const stderr = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level,
      base: { component, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['password', 'image_password', 'env', '*.image_password', '*.env'],
    },
    tee === undefined
      ? stderr
      : {
          write: (line: string) => {
            stderr.write(line);
            tee(line);
          },
        },
  );
}
