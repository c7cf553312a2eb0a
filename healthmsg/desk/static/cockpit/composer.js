// Puts a gap into the text where the cursor was; without it, gaps are typed.
document.addEventListener("DOMContentLoaded", () => {
  const fields = ["id_body", "id_header_text"].map((id) => document.getElementById(id)).filter(Boolean);
  let last = fields[0];
  fields.forEach((field) => field.addEventListener("focus", () => { last = field; }));
  document.querySelectorAll("button[data-gap]").forEach((button) => button.addEventListener("click", () => {
    if (!last) {
      return;
    }
    last.setRangeText(button.dataset.gap, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
    last.focus();
  }));
});
