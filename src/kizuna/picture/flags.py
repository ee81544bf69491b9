"""Which administration a station's number was assigned by, and which number a kind of station has.

The three maritime identification digits (MID) of an MMSI name the administration that assigned the number: ITU Radio
Regulations, Appendix 42 and the ITU's table of MIDs; where they stand in the nine digits: Recommendation ITU-R
M.585-9. A number says nothing of owner, crew or nationality of anybody, and a ship may send a number that is not
hers. Counts by it are counts of numbers.

Names are short English ones, chosen to be neutral; they state no view on status or borders. Whoever needs other names
gives a table of their own (``named``), which replaces ours entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array

UNKNOWN: Final = "unassigned"
"""Name shown for a number whose digits the table does not hold."""
_TABLE: Final = """
201 Albania|202 Andorra|203 Austria|204 Azores|205 Belgium|206 Belarus|207 Bulgaria|208 Vatican City
209 210 212 Cyprus|211 218 Germany|213 Georgia|214 Moldova|215 229 248 249 256 Malta|216 Armenia
219 220 Denmark|224 225 Spain|226 227 228 France|230 Finland|231 Faroe Islands
232 233 234 235 United Kingdom|236 Gibraltar|237 239 240 241 Greece|238 Croatia|242 Morocco|243 Hungary
244 245 246 Netherlands|247 Italy|250 Ireland|251 Iceland|252 Liechtenstein|253 Luxembourg|254 Monaco
255 Madeira|257 258 259 Norway|261 Poland|262 Montenegro|263 Portugal|264 Romania|265 266 Sweden
267 Slovakia|268 San Marino|269 Switzerland|270 Czechia|271 Türkiye|272 Ukraine|273 Russia
274 North Macedonia|275 Latvia|276 Estonia|277 Lithuania|278 Slovenia|279 Serbia
301 Anguilla|303 Alaska (United States)|304 305 Antigua and Barbuda|306 Curaçao, Sint Maarten, Bonaire
307 Aruba|308 309 311 Bahamas|310 Bermuda|312 Belize|314 Barbados|316 Canada|319 Cayman Islands
321 Costa Rica|323 Cuba|325 Dominica|327 Dominican Republic|329 Guadeloupe|330 Grenada|331 Greenland
332 Guatemala|334 Honduras|336 Haiti|338 366 367 368 369 United States|339 Jamaica|341 Saint Kitts and Nevis
343 Saint Lucia|345 Mexico|347 Martinique|348 Montserrat|350 Nicaragua
351 352 353 354 355 356 357 370 371 372 373 374 Panama|358 Puerto Rico|359 El Salvador
361 Saint Pierre and Miquelon|362 Trinidad and Tobago|364 Turks and Caicos Islands
375 376 377 Saint Vincent and the Grenadines|378 British Virgin Islands|379 United States Virgin Islands
401 Afghanistan|403 Saudi Arabia|405 Bangladesh|408 Bahrain|410 Bhutan|412 413 414 China|416 Taiwan
417 Sri Lanka|419 India|422 Iran|423 Azerbaijan|425 Iraq|428 Israel|431 432 Japan|434 Turkmenistan
436 Kazakhstan|437 Uzbekistan|438 Jordan|440 441 South Korea|443 Palestine|445 North Korea|447 Kuwait
450 Lebanon|451 Kyrgyzstan|453 Macao|455 Maldives|457 Mongolia|459 Nepal|461 Oman|463 Pakistan|466 Qatar
468 Syria|470 471 United Arab Emirates|472 Tajikistan|473 475 Yemen|477 Hong Kong|478 Bosnia and Herzegovina
501 Adélie Land|503 Australia|506 Myanmar|508 Brunei|510 Micronesia|511 Palau|512 New Zealand
514 515 Cambodia|516 Christmas Island|518 Cook Islands|520 Fiji|523 Cocos (Keeling) Islands|525 Indonesia
529 Kiribati|531 Laos|533 Malaysia|536 Northern Mariana Islands|538 Marshall Islands|540 New Caledonia
542 Niue|544 Nauru|546 French Polynesia|548 Philippines|550 Timor-Leste|553 Papua New Guinea
555 Pitcairn Island|557 Solomon Islands|559 American Samoa|561 Samoa|563 564 565 566 Singapore|567 Thailand
570 Tonga|572 Tuvalu|574 Viet Nam|576 577 Vanuatu|578 Wallis and Futuna
601 South Africa|603 Angola|605 Algeria|607 Saint Paul and Amsterdam Islands|608 Ascension Island
609 Burundi|610 Benin|611 Botswana|612 Central African Republic|613 Cameroon|615 Congo|616 620 Comoros
617 Cabo Verde|618 Crozet Archipelago|619 Côte d'Ivoire|621 Djibouti|622 Egypt|624 Ethiopia|625 Eritrea
626 Gabon|627 Ghana|629 Gambia|630 Guinea-Bissau|631 Equatorial Guinea|632 Guinea|633 Burkina Faso
634 Kenya|635 Kerguelen Islands|636 637 Liberia|638 South Sudan|642 Libya|644 Lesotho|645 Mauritius
647 Madagascar|649 Mali|650 Mozambique|654 Mauritania|655 Malawi|656 Niger|657 Nigeria|659 Namibia
660 Réunion|661 Rwanda|662 Sudan|663 Senegal|664 Seychelles|665 Saint Helena|666 Somalia|667 Sierra Leone
668 Sao Tome and Principe|669 Eswatini|670 Chad|671 Togo|672 Tunisia|674 677 Tanzania|675 Uganda
676 Democratic Republic of the Congo|678 Zambia|679 Zimbabwe
701 Argentina|710 Brazil|720 Bolivia|725 Chile|730 Colombia|735 Ecuador|740 Falkland Islands (Malvinas)
745 French Guiana|750 Guyana|755 Paraguay|760 Peru|765 Suriname|770 Uruguay|775 Venezuela
"""
_FIRST_MID: Final = 200
_END_MID: Final = 800


def _parsed() -> dict[int, str]:
    out: dict[int, str] = {}
    for entry in _TABLE.replace("\n", "|").split("|"):
        words = entry.split(" ")
        numbers = [w for w in words if w.isdigit()]
        out |= dict.fromkeys(map(int, numbers), " ".join(words[len(numbers) :]))
    return out


FLAGS: Final[Mapping[int, str]] = _parsed()
"""Short name of the administration for every MID in use, as of ITU's table read in 2026."""


def mid_of(mmsi: Array) -> Array:
    """MID of each MMSI (int32); 0 where its form carries none.

    Ship stations MIDxxxxxx, coast stations 00MIDxxxx, groups 0MIDxxxxx, aircraft 111MIDxxx, handheld sets 8MIDxxxxx,
    craft of a parent ship 98MIDxxxx, aids to navigation 99MIDxxxx.
    """
    m = np.asarray(mmsi, np.int64)
    forms = (
        (0, 10_000_000, 10_000, 0), (10_000_000, 100_000_000, 100_000, 0), (111_000_000, 112_000_000, 1_000, 111_000),
        (200_000_000, 800_000_000, 1_000_000, 0), (800_000_000, 900_000_000, 100_000, 8_000),
        (980_000_000, 990_000_000, 10_000, 98_000), (990_000_000, 1_000_000_000, 10_000, 99_000),
    )  # fmt: skip
    mid = np.zeros(len(m), np.int64)
    for low, high, divisor, lead in forms:
        mid = np.where((m >= low) & (m < high), m // divisor - lead, mid)
    return np.where((mid >= _FIRST_MID) & (mid < _END_MID), mid, 0).astype(np.int32)


def flag_names(mid: Array, names: Mapping[int, str] = FLAGS) -> list[str]:
    """Name for each MID; ``unassigned`` where the table has none."""
    return [names.get(m, UNKNOWN) for m in np.asarray(mid).tolist()]


def named(pairs: Mapping[str, str]) -> dict[int, str]:
    """Our table with entries replaced. Raises InputError for a key that is no MID or an empty name."""
    out = dict(FLAGS)
    for key, text in pairs.items():
        if not (key.strip().isdigit() and _FIRST_MID <= int(key) < _END_MID) or not text.strip():
            raise InputError(f"{key!r}: {text!r} names no administration", hint="write MID,NAME with MID 200 to 799")
        out[int(key)] = " ".join(text.split())[:80]
    return out
