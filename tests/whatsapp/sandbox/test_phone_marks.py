import pytest

from whatsapp.sandbox.phone import marks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a *b c* d", "a <strong>b c</strong> d", id="bold"),
        pytest.param("_a_, ~b~", "<em>a</em>, <s>b</s>", id="italic-and-struck"),
        pytest.param("*_a_*", "<strong><em>a</em></strong>", id="one-in-another"),
        pytest.param("```*a*\n<b>```", "<code>*a*\n&lt;b&gt;</code>", id="fixed-width-is-as-it-is"),
        pytest.param("*<i>*", "<strong>&lt;i&gt;</strong>", id="escaped-within"),
        pytest.param("snake_case_word, 2*3*4", "snake_case_word, 2*3*4", id="within-words"),
        pytest.param("* a *", "* a *", id="beside-spaces"),
        pytest.param("*a\nb*", "*a\nb*", id="over-lines"),
        pytest.param("*a", "*a", id="never-closed"),
        pytest.param('<script>"', "&lt;script&gt;&quot;", id="no-marks"),
        pytest.param("¿*Dónde*?", "¿<strong>Dónde</strong>?", id="beside-signs"),
    ],
)
def test_marks_become_html_and_nothing_else_does(text: str, shown: str) -> None:
    assert marks.shown(text) == shown


def test_a_line_for_the_list_has_no_marks() -> None:
    assert marks.plain("*Hola*\n\n_¿qué_ ```tal```?") == "Hola ¿qué tal?"


def test_a_long_line_of_marks_takes_no_time() -> None:
    assert marks.shown("*a " * 1365).startswith("*a ")
