// Renews a page's words in place while somebody looks: nothing moves, nothing flickers, and whoever
// reads or has the keyboard's focus in it stays where they are.
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function renew(old, fresh) {
  if (old.isEqualNode(fresh)) {
    return;
  }
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  for (const { name, value } of [...fresh.attributes]) {
    old.setAttribute(name, value);
  }
  // A picture is drawn anew from its numbers; what was opened to be read stays open.
  const chart = old.nodeName === "CANVAS" && Chart.getChart(old);
  if (chart) {
    chart.data = JSON.parse(old.dataset.value);
    chart.update("none");
  }
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, place) => (place < before.length ? renew(before[place], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}

document.addEventListener("DOMContentLoaded", () => {
  const now = document.getElementById("live");
  const told = document.getElementById("live-told");
  const button = document.getElementById("live-pause");
  if (!now) {
    return;
  }
  let goes = true;

  async function look() {
    if (!goes || document.hidden) {
      return;
    }
    try {
      const answer = await fetch(now.dataset.address, { redirect: "error" });
      if (!answer.ok) {
        throw new Error(answer.status);
      }
      const fresh = document.createElement("div");
      fresh.innerHTML = await answer.text();
      for (const { name, value } of [...now.attributes]) {
        fresh.setAttribute(name, value);
      }
      renew(now, fresh);
      told.textContent = "";
      told.className = "sr-only";
    } catch {
      told.textContent = told.dataset.lost;
      told.className = "card alarm";
    }
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    goes = !goes;
    button.textContent = goes ? button.dataset.stop : button.dataset.go;
    look();
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, CALM ? 30000 : Number(now.dataset.every) * 1000);
});
