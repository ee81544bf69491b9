"""Two nodes, two people, and somebody between them."""

import base64
import random as chance

import msgspec
import pytest
from ledger_party import Party

from kizuna.base.errors import InputError, KizunaError, TrustError
from kizuna.share import introduce
from kizuna.share.introduce import Card


def card(party, title=""):
    root = base64.b64encode(Party(party).root.public).decode()
    return Card(
        party, title or party, root, tuple(m.decode() for m in Party(party).manifests), ("https://[fd00::1]:8443",)
    )


def walk(rng, bend=lambda step, data: data):
    """Both codes, with everything carried through ``bend``; and what each keeps."""
    first, mine = introduce.begin(card("harbour"), rng.randbytes)
    answer, theirs = introduce.answer(card("cape"), bend("first", first), rng.randbytes)
    opening, mine, code = introduce.open_up(mine, bend("answer", answer))
    return code, introduce.finish(theirs, bend("opening", opening)), mine, theirs


def test_both_sides_see_one_code_and_pin_each_other():
    mine_code, their_code, mine, theirs = walk(chance.Random(1))
    assert mine_code == their_code
    groups = mine_code.split()
    assert len(groups) == 5 and all(len(g) == 4 and 0 <= int(g) < 4096 for g in groups)
    typed = mine_code.replace(" ", "-")
    cape, harbour = introduce.confirm(mine, mine_code, typed), introduce.confirm(theirs, their_code, typed)
    assert (cape.ring.party, cape.ring.root) == ("cape", Party("cape").root.public)
    assert (harbour.ring.party, harbour.ring.sequence) == ("harbour", 1)
    assert harbour.ring.live("page", "real")[0].data == Party("harbour").keys.page.public


def test_a_code_typed_otherwise_pins_nothing():
    code, _, mine, _ = walk(chance.Random(1))
    bad = str((int(code[0]) + 1) % 10) + code[1:]
    for typed in (bad, "", code[:-1], code + "0"):
        with pytest.raises(TrustError, match="differ"):
            introduce.confirm(mine, code, typed)


def test_somebody_between_who_changes_who_is_who_makes_two_codes():
    """He runs an introduction of his own with each side, with keys of his own, and opens as he must."""
    rng, evil = chance.Random(5), chance.Random(6)
    first, mine = introduce.begin(card("harbour"), rng.randbytes)
    false_root = base64.b64encode(Party("harbour", 66).root.public).decode()
    false = Card("harbour", "harbour", false_root, tuple(m.decode() for m in Party("harbour", 66).manifests))
    false_first, his = introduce.begin(false, evil.randbytes)
    answer, theirs = introduce.answer(card("cape"), false_first, rng.randbytes)
    false_answer, _ = introduce.answer(
        Card("cape", "cape", base64.b64encode(Party("cape", 66).root.public).decode(),
             tuple(m.decode() for m in Party("cape", 66).manifests)), first, evil.randbytes)  # fmt: skip
    opening, mine, code = introduce.open_up(mine, false_answer)
    his_opening, _, _ = introduce.open_up(his, answer)
    assert introduce.finish(theirs, his_opening) != code
    with pytest.raises(TrustError, match="committed"):
        introduce.finish(theirs, opening)  # harbour's own opening does not open his commitment


@pytest.mark.parametrize("step", ["first", "answer", "opening"])
def test_any_changed_byte_on_the_way_is_an_error_or_two_codes(step):
    rng = chance.Random(3)

    def bend(at, data):
        if at != step:
            return data
        out = bytearray(data)
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(7)
        return bytes(out)

    for _ in range(150):
        try:
            one, other, _, _ = walk(rng, bend)
        except KizunaError:
            continue
        assert one != other


def test_numbers_are_used_once_and_files_do_not_fit_other_introductions():
    rng = chance.Random(2)
    first, mine = introduce.begin(card("harbour"), rng.randbytes)
    again, _ = introduce.begin(card("harbour"), rng.randbytes)
    answer, theirs = introduce.answer(card("cape"), again, rng.randbytes)
    with pytest.raises(TrustError, match="another introduction"):
        introduce.open_up(mine, answer)
    answer, theirs = introduce.answer(card("cape"), first, rng.randbytes)
    _, mine, _ = introduce.open_up(mine, answer)
    with pytest.raises(InputError, match="once"):
        introduce.open_up(mine, answer)
    with pytest.raises(InputError):
        introduce.answer(card("harbour"), first, rng.randbytes)  # to itself
    with pytest.raises(InputError):
        introduce.answer(card("light"), answer, rng.randbytes)  # an answer is not answered
    with pytest.raises(InputError):
        introduce.finish(mine, b"{}")


def test_a_card_whose_manifests_do_not_come_of_its_root_is_refused():
    bad = msgspec.structs.replace(card("harbour"), root=card("cape").root)
    with pytest.raises(TrustError):
        introduce.begin(bad, chance.Random(1).randbytes)


def test_the_code_is_said_in_three_languages():
    assert introduce.said("0719", "ja") == "まる なな ひと きゅう"
    assert introduce.said("0719", "en").split()[1] == "setteseven"
    assert introduce.said("0719", "zh-Hant") == "洞 拐 么 勾"
    assert all(len(set(introduce._SPOKEN[lang].split())) == 10 for lang in introduce._SPOKEN)


def test_codes_use_all_their_bits():
    seen = [walk(chance.Random(seed))[0].split() for seed in range(40)]
    assert len({tuple(code) for code in seen}) == 40
    for group in range(5):
        bits = 0
        for code in seen:
            bits |= int(code[group])
        assert bits == 4095
