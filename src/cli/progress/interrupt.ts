/**
 * Calls `last` when Ctrl-C ends this process, which then ends by the signal as it would without a handler. Returns a
 * function that removes the handler.
 */
export function onInterrupt(last: () => void): () => void {
  const interrupted = (): void => {
    last();
    process.off('SIGINT', interrupted);
    process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', interrupted);
  return () => process.off('SIGINT', interrupted);
}
