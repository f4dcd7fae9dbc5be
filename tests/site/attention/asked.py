"""What tests of the lab ask, and how they ask."""

TEXT = "the number of the build is the number of the page"
CLOSE = {"rtol": 0, "atol": 1e-5}
CAUSAL = {"text": TEXT}
BOTH = {"text": TEXT, "mode": "bidirectional"}


def do(lab, by, field, key="Enter"):
    """What a reader does with a part that can be pressed."""
    if by == "mouse":
        field.click()
    else:
        field.focus()
        lab.page.keyboard.press(key)
    lab.settled()


def press(lab, *keys):
    for key in keys:
        lab.page.keyboard.press(key)
    lab.settled()


def near(shown, right, digits):
    """A number as it is shown, and as it is."""
    return abs(float(shown.replace("−", "-")) - right) <= 0.51 * 10**-digits


def cell_at(lab, t, s):
    """Where in the window a cell of the matrix is."""
    lab.page.locator(".lab .matrix").scroll_into_view_if_needed()
    box = lab.page.locator(".lab .matrix canvas").bounding_box()
    label = 74
    cell = (box["width"] - label) / lab.tokens().count()
    at = [label + (n + 0.5) * cell for n in (s, t)]
    return box["x"] + at[0], box["y"] + at[1]
