"""Currency amounts in the visitor's format."""

from decimal import ROUND_HALF_UP, Decimal

import babel.numbers
from babel import Locale

from faxcloud.domain.prices import PLACES
from faxcloud.i18n import NO_DATA, Translator


def money(t: Translator, amount: Decimal | None, currency: str) -> str:
    """Format an amount: `€1,234.50`, `1 234,50 €`; a dash where there is no cost.

    Rounded half up to what the currency is paid in; what would look like nothing then keeps its decimals.
    """
    if amount is None:
        return NO_DATA
    places = babel.numbers.get_currency_precision(currency)
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if amount and not rounded:
        places, rounded = PLACES, amount
    pattern = Locale.parse(t.language).currency_formats["standard"].pattern
    pattern = pattern.replace("0.00", "0." + "0" * places if places else "0")
    return str(
        babel.numbers.format_currency(rounded, currency, pattern, locale=t.language, currency_digits=False)
    )
