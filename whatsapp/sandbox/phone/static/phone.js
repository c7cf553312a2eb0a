// Keeps a page of the phones new without loading it again: what is focused, open, scrolled to or
// half written stays as it is. Without scripts the page loads itself anew instead.
"use strict";

// A chat is small; the list of all of them is not.
const EVERY = document.getElementById("scroll") ? 1000 : 2000;
const ANNOUNCE_LISTS_EVERY = 10000;
const NO_ANSWER = "The sandbox does not answer.";

const list = document.getElementById("live");
const news = document.getElementById("news");
const trouble = document.getElementById("trouble");
const scroll = document.getElementById("scroll");
let asking = null;
let shown = "";
let announcedAt = 0;

function complain(words) {
  if (trouble && trouble.textContent !== words) trouble.textContent = words;
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function renew(known, fresh) {
  let changed = false;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = known.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old && old.innerHTML !== part.innerHTML) {
      old.replaceChildren(...[...part.childNodes].map((one) => document.importNode(one, true)));
      changed = true;
    }
  }
  return changed;
}

// Returns the items that are new, or whose last words are.
function merge(fresh) {
  const focused = document.activeElement;
  const changed = [];
  let next = list.firstElementChild;
  for (const item of fresh.children) {
    const known = document.getElementById(item.id);
    if (!known) {
      changed.push(list.insertBefore(document.importNode(item, true), next));
      continue;
    }
    if (renew(known, item)) changed.push(known);
    if (known === next) next = next.nextElementSibling;
    else list.insertBefore(known, next);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
  // A browser takes the focus from what is moved.
  if (focused !== document.activeElement && list.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
  return changed;
}

function announce(changed, known) {
  if (scroll) {
    const said = changed
      .filter((item) => !known.has(item.id) && item.classList.contains("from-clinic"))
      .map((item) => item.querySelector(".said").textContent);
    if (said.length) news.textContent = `New message: ${said.join(" ")}`;
  } else if (changed.length && Date.now() - announcedAt > ANNOUNCE_LISTS_EVERY) {
    announcedAt = Date.now();
    news.textContent = `News on ${changed.length} of the phones`;
  }
}

function show(page) {
  const fresh = page.getElementById("live");
  if (!fresh) return;
  const isAtEnd = scroll && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  const known = new Set([...list.children].map((item) => item.id));
  announce(merge(fresh), known);
  for (const part of page.querySelectorAll("[id][data-part]")) {
    const old = document.getElementById(part.id);
    if (old && old.textContent !== part.textContent) old.textContent = part.textContent;
  }
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

async function ask() {
  try {
    const answer = await fetch(list.dataset.live, { cache: "no-store" });
    const text = answer.ok ? await answer.text() : shown;
    if (text !== shown) show(parsed(text));
    shown = text;
    if (trouble && trouble.textContent === NO_ANSWER) complain("");
  } catch {
    complain(NO_ANSWER);
  }
}

function look() {
  asking = asking || ask().finally(() => { asking = null; });
  return asking;
}

async function post(form, button) {
  const fields = new FormData(form, button);
  const isFile = form.enctype === "multipart/form-data";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: isFile ? fields : new URLSearchParams(fields),
    });
    if (!answer.ok) {
      const said = parsed(await answer.text()).getElementById("trouble");
      complain(said ? said.textContent : "That did not work.");
      return;
    }
  } catch {
    complain(NO_ANSWER);
    return;
  }
  complain("");
  form.reset();
  const opened = form.closest("details");
  if (opened) {
    opened.open = false;
    opened.querySelector("summary").focus({ preventScroll: true });
  }
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
  // One that was asked before this was done may not know of it yet.
  if (asking) await asking;
  await look();
}

if (list && list.dataset.live) {
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    event.preventDefault();
    post(event.target, event.submitter);
  });
  setInterval(() => { if (!document.hidden) look(); }, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
}
