"""Go through a page by the keyboard alone; each stop can be seen there, and says that it is it."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

# A page has fewer stops than this, and what is chosen from has fewer choices.
MANY = 150
# What somebody sees of the stop at which they are: nothing, where it is fine. WCAG 2.2: 2.4.7,
# 2.4.11, and the last third of it may not be hidden either.
_STOP = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return "";
  const name = stop.outerHTML.slice(0, 160);
  const isOfStop = (hit) => hit && (stop.contains(hit) || hit.closest("label")?.control === stop);
  const within = (low, high, end) => [Math.max(low, 0), Math.min(high, end)];
  const seen = [...stop.getClientRects()].some((box) => {
    const [left, right] = within(box.left, box.right, innerWidth);
    const [top, bottom] = within(box.top, box.bottom, innerHeight);
    if (right <= left || bottom <= top) return false;
    const places = [1, 3, 5].flatMap((x) => [1, 3, 5].map((y) => [x / 6, y / 6]));
    const hits = places.filter(([x, y]) => isOfStop(
      document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y)));
    return hits.length >= (stop.matches("[role=region], [role=log]") ? 1 : 6);
  });
  if (!seen) return "hidden: " + name;
  // The picker of a day, which has no selector, draws the browser's own ring.
  if (!stop.matches(":focus")) return "";
  const { outlineStyle, outlineWidth } = getComputedStyle(stop);
  return outlineStyle === "none" || parseFloat(outlineWidth) < 1 ? "no ring: " + name : "";
}"""
_IS_IT = "element => element === document.activeElement"
_IS_NOWHERE = "!document.activeElement || document.activeElement === document.body"
_MARKED = """() => {
  const stop = document.activeElement;
  window.stops ??= [];
  if (!window.stops.includes(stop)) window.stops.push(stop);
  return window.stops.indexOf(stop);
}"""


def stands_well(page: Page) -> None:
    """Fail where the stop is hidden under something, or where nothing shows that it is it."""
    if fault := page.evaluate(_STOP):
        raise AssertionError(fault)


def lands_on(wanted: Locator) -> None:
    """Fail where the focus does not come there by itself."""
    expect(wanted).to_be_focused()
    stands_well(wanted.page)


def step(page: Page, *, back: bool = False) -> None:
    page.keyboard.press("Shift+Tab" if back else "Tab")
    stands_well(page)


def tab_to(wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until what is wanted has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MANY):
        step(wanted.page, back=back)
        if wanted.evaluate(_IS_IT):
            return
    raise AssertionError(f"Tab never reaches {wanted}")


def press(wanted: Locator, key: str = "Enter", *, back: bool = False) -> None:
    """Go there, and press what a keyboard presses."""
    tab_to(wanted, back=back)
    wanted.page.keyboard.press(key)


def follow(wanted: Locator, *, back: bool = False) -> None:
    """Go there, press Enter, and be on the page where it leads."""
    tab_to(wanted, back=back)
    with wanted.page.expect_navigation():
        wanted.page.keyboard.press("Enter")


def write(field: Locator, words: str) -> None:
    """Go there, and type over what stands in it."""
    tab_to(field)
    field.page.keyboard.press("Control+A")
    field.page.keyboard.type(words)


def write_day(field: Locator, day: date) -> None:
    """Go there, and type a day as this browser wants it: month, day, year."""
    tab_to(field)
    field.page.keyboard.type(day.strftime("%m%d%Y"))
    expect(field).to_have_value(day.isoformat())


def choose(field: Locator, label: str) -> None:
    """Go to a list of choices, and down it to the one that is wanted."""
    tab_to(field)
    field.page.keyboard.press("Home")
    for _ in range(MANY):
        if field.evaluate("one => one.selectedOptions[0].textContent.trim()") == label:
            return
        field.page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {label}")


def choose_one(radio: Locator) -> None:
    """Go to the group of a radio button, and by arrows to the button."""
    page, name = radio.page, radio.get_attribute("name")
    for _ in range(MANY):
        step(page)
        if page.evaluate("document.activeElement.name || ''") == name:
            break
    for _ in range(MANY):
        if radio.evaluate(_IS_IT):
            page.keyboard.press("Space")
            expect(radio).to_be_checked()
            return stands_well(page)
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {radio}")


def goes_round(page: Page) -> None:
    """Fail where something keeps the focus: Tab leads through and out, and Shift+Tab back."""
    # What comes once the page stands is a link until then.
    expect(page.locator(".to-come:visible")).to_have_count(0)
    page.evaluate("window.stops = []")
    there = _walked(page, back=False)
    back = _walked(page, back=True)
    # Whoever begins in the middle has not come by all of it yet.
    if set(back) != set(there):
        there = _walked(page, back=False)
    if set(back) != set(there):
        raise AssertionError(f"{len(there)} stops there, {len(back)} back")


def _walked(page: Page, *, back: bool) -> list[int]:
    """Return the stops from here to where Tab leaves the page, or comes to its beginning again."""
    found: list[int] = []
    for _ in range(2 * MANY):
        step(page, back=back)
        if page.evaluate(_IS_NOWHERE):
            if found:
                return found
            continue
        stop = page.evaluate(_MARKED)
        # A day is one field with four stops in it.
        if stop in found[:-1]:
            return found
        if stop not in found:
            found.append(stop)
    raise AssertionError("Tab does not leave the page")
