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
