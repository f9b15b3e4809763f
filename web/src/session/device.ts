/** This browser as a device that shows notices: what of it is ended together with the session. */

/** Where the id of its address is kept. */
export const DEVICE_KEY = "sharewise.device";

/** The cache that holds what its service worker knows of it. */
export const DEVICE_CACHE = "device";

/** Have this browser show no notices any more: whoever comes next must not read them. Gives up what cannot be reached. */
export async function forgetDevice(token: string): Promise<void> {
  const id = localStorage.getItem(DEVICE_KEY);
  localStorage.removeItem(DEVICE_KEY);
  if ("caches" in window) await caches.delete(DEVICE_CACHE);
  const worker = await navigator.serviceWorker?.getRegistration("/");
  const subscription = await worker?.pushManager.getSubscription();
  // Were the address to stay, its push service would say that it is gone, and we would remove it then.
  await subscription?.unsubscribe();
  if (id === null) return;
  await fetch(`/api/notification-addresses/${encodeURIComponent(id)}/`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5_000),
  });
}
