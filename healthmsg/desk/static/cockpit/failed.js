// Says it where a click did not do what it should, and where what a page shows is no longer renewed.
document.addEventListener("DOMContentLoaded", () => {
  const words = document.getElementById("failed");
  const kinds = new WeakMap();

  if (!words) {
    return;
  }

  // Beside an open dialog nothing else is read aloud, or seen well.
  function lineOf(target) {
    const dialog = target && target.closest("dialog[open]");
    return (dialog && dialog.querySelector(".failed")) || words;
  }

  function pressed({ requestConfig }) {
    const event = requestConfig.triggeringEvent;
    return event && event.type === "submit" ? event : null;
  }

  function opens({ target }) {
    return Boolean(target) && target.id === "dialog-body";
  }

  function kindOf(detail) {
    if (pressed(detail) && detail.requestConfig.verb !== "get") {
      // What nobody answered, or broke on the way, may have been done all the same.
      const { status } = detail.xhr;
      return status >= 400 && status < 500 ? "refused" : "unanswered";
    }
    return opens(detail) ? "unopened" : "stale";
  }

  function fail({ detail }) {
    // A part of a page that does not come stays the link that it was.
    if (detail.target && detail.target.matches(".to-come")) {
      return;
    }
    const line = lineOf(detail.target);
    const kind = kindOf(detail);
    // Who pressed something is told of that, not of what is asked again and again.
    if (kind !== "stale" || !line.textContent) {
      kinds.set(line, kind);
      line.textContent = words.dataset[kind];
    }
    // Greyed while it was asked, the button has lost the focus; some are greyed a moment longer.
    const button = pressed(detail) && pressed(detail).submitter;
    if (button) {
      setTimeout(() => button.focus({ preventScroll: true }));
    }
  }

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, fail);
  }

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful) {
      return;
    }
    const isAsked = pressed(detail) || opens(detail);
    for (const line of document.querySelectorAll(".failed")) {
      if (isAsked || kinds.get(line) === "stale") {
        line.textContent = "";
      }
    }
  });
});
