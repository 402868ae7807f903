"""No key means two things, whatever a user chooses."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from planner.session.actions import ACTIONS
from planner.session.keymap import FIXED, clash, keys_of, with_key

ids = st.sampled_from([spec.id for spec in ACTIONS])
some_keys = st.sampled_from(["", "Ctrl+J", "Q", "E", "Ctrl+S", "1", "Up", "Alt+2", "F9"])


def all_keys(chosen):
    return list(chain.from_iterable(keys_of(chosen).values()))


def test_that_the_standard_keys_mean_one_thing_each():
    keys = all_keys(())
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(FIXED)


@given(wishes=st.lists(st.tuples(ids, some_keys), max_size=8))
def test_that_keys_stay_apart_whatever_is_chosen(wishes):
    chosen = ()
    for name, key in wishes:
        if not clash(chosen, name, key):
            chosen = with_key(chosen, name, key)
            assert keys_of(chosen)[name] in (
                (key,),
                (),
                *(s.keys for s in ACTIONS if s.id == name),
            )
    keys = all_keys(chosen)
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(FIXED)


@given(stored=st.lists(st.tuples(ids, some_keys), max_size=8, unique_by=lambda pair: pair[0]))
def test_that_a_file_edited_by_hand_gives_no_fixed_key_away(stored):
    assert not set(all_keys(tuple(stored))) & set(FIXED)


def test_that_a_taken_key_says_by_what_and_a_fixed_one_that_it_stays():
    assert (
        clash((), "invert", "Ctrl+S") == "Ctrl+S is the key of Save plan. Give that another "
        "key first."
    )
    assert clash((), "invert", "1") == "1 is the grey window Bone and stays so."
    assert clash((), "invert", "I") == ""


def test_that_an_actions_own_key_is_no_choice():
    assert with_key((("invert", "Q"),), "invert", "I") == ()
