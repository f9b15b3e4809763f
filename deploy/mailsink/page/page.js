"use strict";

const POLL_MS = 2000;
const byId = (id) => document.getElementById(id);
const person = ({ Name, Address }) => (Name ? `${Name} <${Address}>` : Address);
const clockTime = (at) => new Date(at).toLocaleString();

let chosen = null;
let view = "html";
let listed = "";

async function api(path, options) {
  const answer = await fetch(`/api/v1/${path}`, options);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

function row(mail) {
  const item = document.createElement("li");
  item.className = mail.Read ? "" : "unread";
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-current", String(mail.ID === chosen));
  button.addEventListener("click", () => open(mail.ID));
  const subject = document.createElement("span");
  subject.className = "subject";
  subject.textContent = mail.Subject || "(no subject)";
  const line = document.createElement("span");
  line.className = "line";
  for (const text of [mail.To.map((to) => to.Address).join(", "), clockTime(mail.Created)]) {
    line.append(Object.assign(document.createElement("span"), { textContent: text }));
  }
  button.append(subject, line);
  item.append(button);
  return item;
}

async function refresh() {
  const words = byId("search").value.trim();
  try {
    const path = words ? `search?limit=200&query=${encodeURIComponent(words)}` : "messages?limit=200";
    const page = await (await api(path)).json();
    const now = JSON.stringify([page, chosen]);
    if (now !== listed) {
      listed = now;
      byId("list").replaceChildren(...page.messages.map(row));
      const count = `${page.messages_count} ${page.messages_count === 1 ? "mail" : "mails"}, ${page.messages_unread} unread`;
      byId("state").textContent = page.messages_count ? count : words ? "No mail matches." : "No mail yet. New ones appear by themselves.";
    }
  } catch {
    listed = "";
    byId("state").textContent = "The mail sink does not answer. Trying again…";
  }
}

async function open(id) {
  chosen = id;
  const mail = await (await api(`message/${id}`)).json();
  byId("subject").textContent = mail.Subject || "(no subject)";
  byId("from").textContent = person(mail.From);
  byId("to").textContent = [...mail.To, ...mail.Cc, ...mail.Bcc].map(person).join(", ");
  byId("at").textContent = clockTime(mail.Date);
  byId("mail").hidden = false;
  byId("mail").dataset.hasHtml = mail.HTML ? "yes" : "";
  byId("mail").dataset.text = mail.Text;
  await show(mail.HTML ? "html" : "text");
  byId("subject").focus({ preventScroll: true });
  await refresh();
}

async function show(next) {
  view = next;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
  byId("html").hidden = view !== "html";
  byId("text").hidden = view === "html";
  if (view === "html") byId("html").src = `/view/${chosen}.html`;
  if (view === "text") byId("text").textContent = byId("mail").dataset.text || "(no text part)";
  if (view === "raw") byId("text").textContent = await (await api(`message/${chosen}/raw`)).text();
}

document.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => show(button.dataset.view)));
byId("search").addEventListener("input", refresh);
byId("clear").addEventListener("click", async () => {
  await api("messages", { method: "DELETE" });
  byId("mail").hidden = true;
  chosen = null;
  await refresh();
});

refresh();
setInterval(refresh, POLL_MS);
