"""Who may do what, written down by hand: the oracle for the rules.

The matrix computes what it expects from the rules themselves. Here somebody has said it in plain words, so that a rule
which is loosened together with its query is seen. Whoever changes a right changes this page, and lets a chair read it.
"""

from app.domain import rights

EVERYBODY = " ".join(column.key for column in rights.COLUMNS)
SEATS = "delegate head foreigner focal-point foreign-focal-point chair chair-own vice-chair secretary"
DELEGATION = "delegate head"
CHAIRS = "chair chair-own vice-chair"
OTHER_CHAIRS = "chair vice-chair"  # nobody decides alone on what their own State brought

WHO_MAY = {
    "desk:see": EVERYBODY,
    "session:end": EVERYBODY,
    "people:see": "focal-point secretary",
    "accreditation:grant": "focal-point secretary",
    "focal-point:appoint": "secretary",
    "accreditation:end (of a delegate)": "focal-point secretary",
    "accreditation:end (of a focal point)": "secretary",
    "office:propose": "secretary",
    "office:confirm": "secretary",
    "office:end": "secretary",
    "region:set": "secretary",
    "body:admit": "secretary",
    "meeting:see": SEATS,
    "meeting:convene": "secretary",
    "agenda:keep": f"{CHAIRS} secretary",
    "document:see": SEATS,
    "document:see (opened to the membership)": EVERYBODY,  # every column is of a member of ITU, or its staff
    "document:read": SEATS,
    "document:register": "secretary",
    "document:follow": f"{DELEGATION} secretary",
    "document:support": "foreigner",  # a delegate of a State that is not behind it
    "document:add-edition": "secretary",
    "document:translate": f"{DELEGATION} secretary",
    "document:relate": f"{DELEGATION} secretary",
    "document:open": f"{DELEGATION} secretary",
    "document:withdraw": f"{DELEGATION} secretary",
    "document:correct": "secretary",
    "document:void": "secretary",
    "register:explain": "secretary",
    "upload:begin": f"{DELEGATION} {CHAIRS} secretary",
    "upload:see (that a colleague began)": DELEGATION,
    "upload:continue (that a colleague began)": DELEGATION,
    "upload:take (that a colleague began)": DELEGATION,
    "upload:discard (that a colleague began)": DELEGATION,
    "contribution:see (while it is a draft)": DELEGATION,
    "contribution:see (once it is submitted)": f"{DELEGATION} secretary",
    "contribution:see (once it is submitted late)": f"{DELEGATION} {CHAIRS} secretary",
    "contribution:see (while the secretariat writes it for the State)": f"{DELEGATION} secretary",
    "contribution:see (asked to sign a draft)": f"{DELEGATION} foreigner",
    "contribution:see-receipts": f"{DELEGATION} secretary",
    "contribution:draft": f"{DELEGATION} secretary",
    "contribution:edit (while it is a draft)": DELEGATION,  # a State that is asked to sign reads it, and no more
    "contribution:invite": DELEGATION,
    "contribution:sign": "foreigner",
    "clearance:require": "head focal-point",
    "contribution:clear": "head",
    "contribution:discard": DELEGATION,
    "contribution:submit": DELEGATION,
    "contribution:return": "secretary",
    "contribution:register": "secretary",
    "contribution:accept-late": OTHER_CHAIRS,
    "contribution:hold": OTHER_CHAIRS,
    "contribution:take-up": "secretary",
    "output:see (while it is a draft)": f"{CHAIRS} secretary",
    "output:see (once it is adopted)": SEATS,
    "output:draft": f"{CHAIRS} secretary",
    "output:edit": f"{CHAIRS} secretary",
    "output:adopt (made from a document of the own State)": OTHER_CHAIRS,
    "output:approve (made from a document of the own State)": f"{OTHER_CHAIRS} secretary",
    "output:let-out": "secretary",
}


def test_the_rules_say_what_was_written_down() -> None:
    said = {
        name: {column.key for column in rights.COLUMNS if rights.may(row, column)}
        for name, row in zip(rights.names("en"), rights.ROWS, strict=True)
    }

    assert said == {name: set(who.split()) for name, who in WHO_MAY.items()}
