"""Sample data pools: people, machines and numbers that exist nowhere.

The numbers come from ranges reserved for fiction: by ARCEP (01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49,
06 39 98), Ofcom (020 7946 0) and NANPA (555 01). Everything is a fixed function of its position, never of a
seed: files of different seeds are of the same hospital.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import zip_longest

HEADER = (
    "Fax ID;Nom et prénom utilisateur;Revendeur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro d'envoi;Numéro appelé;Appel international;Appel interne;Nombre de page réel;Durée;"
    "Pages facturées;Type facturation"
)
DOMAIN = "ch-valombre.example"
RESELLER = "Télécom Santé"

_UNITS = (
    "Cardiologie", "Urgences", "Pédiatrie", "Néphrologie", "Oncologie", "Gériatrie", "Maternité",
    "Radiologie", "Pharmacie", "Hématologie", "Réanimation", "Chirurgie viscérale", "Orthopédie",
    "Neurologie", "Pneumologie", "Médecine interne", "Imagerie", "Laboratoire", "Admissions",
    "Consultations externes", "Psychiatrie", "Hôpital de jour", "Diabétologie",
)  # fmt: skip
_OFFICES = (
    "{unit}", "Secrétariat {unit}", "{unit} – secrétariat", "FAX. {unit}", "{unit}  2", ".{unit}",
    "{unit} - Bureau 1{n:02d}",
)  # fmt: skip
_FIRST = (
    "Amélie", "Benoît", "Chloé", "Didier", "Éléonore", "François", "Gaëlle", "Hélène", "Inès", "Jérôme",
    "Loïc", "Maëlys", "Noémie", "Océane", "Raphaël", "Solène", "Zoé",
)  # fmt: skip
_LAST = (
    "Durandeau", "Lefèbre", "Marchandot", "Pérusse", "D'Aubrac", "Gauthereau", "Le Bihanic",
    "Nuñez-Rivel", "Œuvrard",
)  # fmt: skip
_MACHINES = ("MFP-{n:03d}", "Copieur {n}", "..Scan R+{n}", "SRV.FAX-{n:02d}", "Télécopieur  bât. {n}")
USERS = 203
LANDLINES = 4000


@dataclass(frozen=True, slots=True)
class User:
    name: str
    email: str
    line: str
    extension: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Line of the hospital's address book."""

    number: str
    rule: str = ""
    """The rule of faxcloud-3 that the number violates, '' for none."""
    is_international: bool = False


def users() -> list[User]:
    """User names: 203 senders, in an order that mixes services, people and machines."""
    offices = [
        form.format(unit=unit, n=n)
        for n, unit in enumerate(_UNITS)
        for place, form in enumerate(_OFFICES)
        if (n + place) % 4
    ]
    people = [f"{_LAST[n % len(_LAST)]} {_FIRST[n % len(_FIRST)]}" for n in range(52)]
    machines = [form.format(n=n + 1) for n in range(6) for form in _MACHINES]
    names = offices + people + machines
    # 203 = 7 x 29, so a step of 64 visits every place once.
    mixed = [names[place * 64 % USERS] for place in range(USERS)]
    return [
        User(name, f"{_mailbox(name)}@{DOMAIN}", f"3346571{1000 + place * 13:04d}", f"{41000 + place * 17}")
        for place, name in enumerate(mixed)
    ]


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe")).encode("ascii", "ignore").decode()
    return ".".join("".join(char if char.isalnum() else " " for char in plain).split())


def landlines() -> list[Entry]:
    """Recipients with a valid number, the most called first."""
    ranges = ("3319900", "3326191", "3335301", "3353649")
    return [Entry(f"{ranges[rank % 4]}{(rank * 2657 + 31) % 10_000:04d}") for rank in range(LANDLINES)]


def mobiles() -> list[Entry]:
    """Mobile numbers that were mistaken for a fax number.

    No 07 range is reserved for fiction; 0700 is for machines, whose numbers have 14 digits, so ten digits are
    nobody's.
    """
    prefixes = ("3363998", "3363998", "3370000")
    return [Entry(f"{prefixes[n % 3]}{(n * 6121 + 407) % 10_000:04d}", "number.mobile") for n in range(45)]


def wrong_entries() -> list[Entry]:
    """Wrong numbers that recur in an address book: one correction fixes many faxes."""
    good = [entry.number for entry in landlines()[500:600]]
    truncated = [number[: 8 + n % 3] for n, number in enumerate(good[:18])]
    truncated += [number[2:] for number in good[18:24]]
    short = [f"{31000 + n * 1117}" for n in range(14)]
    destroyed = ["3,90957E+11", "3,31990E+10", "3,34657E+10"]
    british = [f"44207946{n * 83:04d}" for n in range(1, 5)]
    american = [f"1212555{100 + n * 9:04d}" for n in range(3)]
    monaco = [f"37799{n * 1009:06d}" for n in range(1, 11)]
    kinds = (
        [Entry(number, "number.length") for number in truncated[:12]],
        [Entry(number, "number.length") for number in short],
        [Entry(number, "number.prefix", True) for number in monaco + american],
        [Entry(number, "number.unreadable") for number in destroyed],
        [Entry(number, "number.length") for number in truncated[12:]],
        [Entry(number, "number.length", True) for number in british],
    )
    # In turn, so that the most used ones are of every kind.
    return [entry for turn in zip_longest(*kinds) for entry in turn if entry is not None]
