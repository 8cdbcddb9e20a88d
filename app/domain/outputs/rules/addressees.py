"""To whom an output is addressed: the rows of its addressees or, of one from before each had a row, its words. Pure."""

from collections.abc import Sequence

from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.addressees.rules import AddresseeWords, sum_up_addressees
from app.domain.outputs.models import Output


def build_addressees_in_words(output: Output) -> Sequence[OutputAddressee]:
    """Build rows, which are not stored, of the words of an output from before each addressee had a row."""
    words = [(each, RequestedAct.ACTION) for each in output.for_action]
    words += [(each, RequestedAct.INFORMATION) for each in output.for_information]
    return [
        OutputAddressee(output_id=output.id, position=place, words=each, wants=wants, reply_by=output.reply_by)
        for place, (each, wants) in enumerate(words, 1)
    ]


def name_addressees(output: Output, rows: Sequence[OutputAddressee]) -> AddresseeWords:
    """Name the addressees of an output as readers see them, by the stored rows if there are any."""
    if rows:
        return sum_up_addressees(rows)
    return AddresseeWords(output.for_action, output.for_information, output.reply_by)
