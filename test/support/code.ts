/** How a call ended: `ok`, or the code of its error. */
export async function code(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );
}
