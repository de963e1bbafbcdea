// One window at a time: two that showed one request would each want an answer to it.

const LOCK = "assent-device";

/** Takes the place of any other window. `lost` is told when another one does so. */
export function takePlace(lost: () => void): Promise<void> {
  if (!("locks" in navigator)) return Promise.resolve();
  return new Promise((taken) => {
    navigator.locks
      .request(LOCK, { steal: true }, () => {
        taken();
        return new Promise<never>(() => {});
      })
      .catch(() => lost());
  });
}
