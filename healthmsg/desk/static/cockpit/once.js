// A form goes once: the second click of a double one would write the same down again. After a while
// it can be sent anew, as nobody knows whether the first one arrived.
const SENT_FOR = 5000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  // What a script sends, it looks after itself.
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.setTimeout(() => delete form.dataset.sent, SENT_FOR);
});

// A page that the browser kept as it was left is new to whoever comes back to it.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
