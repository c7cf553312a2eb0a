// Small repairs that pages of the admin need; nothing works only through this file.
document.addEventListener("DOMContentLoaded", () => {
  // Wide tables scroll sideways: the keyboard must reach them too.
  document.querySelectorAll(".simplebar-content-wrapper").forEach((box) => box.setAttribute("tabindex", "0"));
});
