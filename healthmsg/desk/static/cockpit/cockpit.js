// Makes the admin's clickable words and icons reachable by keyboard and silent for screen readers;
// nothing works only through this file.
function isReachable(element) {
  return element.matches("a[href], button, input, select, textarea, summary, [tabindex]");
}

function makeReachable(element) {
  element.setAttribute("tabindex", "0");
  element.setAttribute("role", "button");
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      element.click();
    }
  });
}

// Where each cell has a line of its own, its label begins as the head of its column does.
function beginLikeItsColumn(cell) {
  const label = cell.dataset.label;
  cell.dataset.label = label.charAt(0).toLocaleUpperCase(document.documentElement.lang) + label.slice(1);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".result-list [data-label]").forEach(beginLikeItsColumn);
  document.querySelectorAll(".material-symbols-outlined").forEach((icon) => icon.setAttribute("aria-hidden", "true"));
  document.querySelectorAll("[x-on\\:click]").forEach((element) => {
    const says = element.textContent.trim() !== "";
    if (says && !isReachable(element) && !element.matches("body, form, tr, table")) {
      makeReachable(element);
    }
  });
  // What scrolls must be scrollable by keyboard.
  document.querySelectorAll(".simplebar-content-wrapper").forEach((box) => box.setAttribute("tabindex", "0"));
});
