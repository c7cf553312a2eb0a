"""One patient as other systems write her down."""

HEADINGS = (
    *("Identifier", "Given name", "Family name", "Birth date", "Sex", "Phone", "Language"),
    *("Permission", "Permission for", "Permission date", "Permission source"),
)
ANA = (
    "00017",
    "Ana",
    "Paz",
    "31/12/1980",
    "F",
    "011 15-5555-0101",
    "Español",
    "sí",
    "",
    "25/02/2026",
    "Form 12",
)
