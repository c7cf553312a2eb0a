// Parts of a page that come once it stands: busy while on their way. One that does not come stays
// the link that it was, and so does one that would have to be signed in for anew.
function isToCome(element) {
  return element.matches(".to-come");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isToCome(event.target)) {
    event.target.setAttribute("aria-busy", "true");
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (isToCome(event.target)) {
    event.target.removeAttribute("aria-busy");
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (isToCome(event.target) && event.detail.xhr.responseURL.includes("/login/")) {
    event.detail.shouldSwap = false;
  }
});
