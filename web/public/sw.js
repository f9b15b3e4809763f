// Shows notices while the app is closed, and opens them. It keeps no copy of the app: prices must be fresh.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // A browser that was woken must show something; what it was is in the app.
  }
  const { title = "ShareWise", text = "You have a notice.", link = "/notifications", tag } = said;
  event.waitUntil(
    self.registration.showNotification(title, {
      body: text,
      tag,
      data: { link },
      icon: "/icons/192.png",
      badge: "/icons/badge.png",
    }),
  );
});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(move(event.newSubscription)));

/**
 * The push service has ended this browser's subscription, or given it another address: tells of the new one. Nobody need
 * be signed in: the secret of the old one, which the page has kept (features/notifications/device.ts), is the proof.
 */
async function move(given) {
  const kept = await (await caches.match("/device"))?.json();
  if (kept === undefined) return; // signed out meanwhile: it is nobody's device
  const subscription = given ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: kept.key }));
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/api/notification-addresses/push/moved/", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ previous: { endpoint: kept.endpoint, auth: kept.auth }, endpoint, keys }),
  });
  if (!answer.ok) return; // the page sees that we do not know this address, and offers to connect the device again
  const cache = await caches.open("device");
  await cache.put("/device", Response.json({ ...kept, endpoint, auth: keys.auth }));
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.link));
});

/** Shows a page of the app in a window that is there, else in a new one. Nothing outside the app is opened. */
async function open(link) {
  const wanted = new URL(link ?? "/notifications", self.location.origin);
  const url = wanted.origin === self.location.origin ? wanted.href : `${self.location.origin}/notifications`;
  const windows = await self.clients.matchAll({ type: "window" });
  const there = windows[0];
  if (there === undefined) return self.clients.openWindow(url);
  await there.focus();
  return there.navigate(url);
}
