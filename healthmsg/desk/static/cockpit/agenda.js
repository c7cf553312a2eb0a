// Opens links of the agenda over it, and knows its keys. Without this file they are pages.
(() => {
  const dialog = document.getElementById("dialog");
  const body = document.getElementById("dialog-body");
  const choose = document.querySelector(".agenda-bar");

  if (choose) {
    choose.querySelector("[data-show]").hidden = true;
    choose.addEventListener("change", (event) => {
      // A date that is still being typed is none yet.
      if (event.target.value || event.target.type !== "date") {
        choose.requestSubmit();
      }
    });
  }

  const now = document.getElementById("now");
  const wide = document.getElementById("agenda-wide");
  if (now && wide && wide.scrollHeight > wide.clientHeight) {
    wide.scrollTop = Math.max(0, now.offsetTop - wide.clientHeight / 3);
  }

  if (!dialog) {
    return;
  }

  // That it failed is said by failed.js.
  function ask(address, how) {
    htmx.ajax("GET", address, how).catch(() => {});
  }

  function open(address) {
    ask(address, { target: "#dialog-body", swap: "innerHTML show:none" });
  }

  // Where it was opened, and where what it shows stands behind it: what was done in it draws both
  // anew, and the browser no longer knows the place to which the keyboard belongs.
  let opener = "";
  let shown = "";
  let isOnItsWay = false;

  function placeOf(id) {
    return id && document.getElementById(id);
  }

  function isNowhere(at) {
    return at === document.body || dialog.contains(at) || at === placeOf("agenda-wide") || at === placeOf("main");
  }

  // Again when the page behind is drawn, unless somebody has gone on meanwhile.
  function goBack() {
    if (dialog.open || !isOnItsWay || !isNowhere(document.activeElement)) {
      return;
    }
    const place = placeOf(opener) || placeOf(shown);
    (place || placeOf("agenda-wide") || placeOf("main")).focus({ preventScroll: !place });
  }

  for (const name of ["keydown", "pointerdown"]) {
    document.addEventListener(name, () => { isOnItsWay = false; });
  }
  document.addEventListener("htmx:afterSwap", goBack);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-dialogs] a[id]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      opener = link.id;
      shown = "";
      open(link.href);
    }
  });

  // Whoever speaks to the computer, or hits keys by mistake, turns them off; this browser keeps it.
  const areOn = document.getElementById("keys-on");

  function tellOfKeys() {
    for (const link of document.querySelectorAll("[aria-keyshortcuts], [data-key]")) {
      link.dataset.key ??= link.getAttribute("aria-keyshortcuts");
      if (areOn.checked) {
        link.setAttribute("aria-keyshortcuts", link.dataset.key);
      } else {
        link.removeAttribute("aria-keyshortcuts");
      }
      link.querySelector("kbd").hidden = !areOn.checked;
    }
  }

  if (areOn) {
    areOn.checked = localStorage.getItem("agenda-keys") !== "off";
    areOn.closest("[hidden]").hidden = false;
    areOn.addEventListener("change", () => {
      localStorage.setItem("agenda-keys", areOn.checked ? "on" : "off");
      tellOfKeys();
    });
    tellOfKeys();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (!areOn?.checked || typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const chosen = { n: "#book", w: "#walk-in", t: ".agenda-steps a:nth-child(2)", "[": "a[rel=prev]", "]": "a[rel=next]" }[event.key];
    const link = chosen && document.querySelector(chosen);
    if (link) {
      event.preventDefault();
      link.focus();
      link.click();
    }
  });

  body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body) {
      return;
    }
    if (!dialog.open) {
      dialog.showModal();
    }
    dialog.scrollTop = 0;
    shown = body.querySelector("[data-stands-at]")?.dataset.standsAt || shown;
    const first = body.querySelector("[aria-invalid=true]") || body.querySelector("[autofocus]") || body.querySelector("h2");
    if (first) {
      first.focus();
    }
  });

  // What was done in the dialog shows behind it at once.
  document.addEventListener("agenda-changed", () => {
    const board = document.getElementById("board");
    if (board) {
      ask(board.getAttribute("hx-get"), { target: "#board", swap: "outerHTML" });
    }
  });

  // What mends something is sent by its own button: a look at the messages would empty it meanwhile.
  body.addEventListener("change", (event) => event.target.closest(".blocker") && event.stopPropagation(), true);

  dialog.addEventListener("close", () => {
    body.replaceChildren();
    dialog.querySelector(".failed").textContent = "";
    isOnItsWay = Boolean(opener);
    goBack();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Whoever was signed out meanwhile is asked to sign in, not shown half a page.
    if (event.detail.xhr.responseURL.includes("/login/")) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });
})();
