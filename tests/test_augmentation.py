"""Augmentations: pure functions of a batch and a key, which leave the batches' own order alone."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from contracts import bits, copies, dtypes, makers, spread

import purenn as nn
from purenn import Key, data
from purenn.arrays import AnyArray, FloatDtype, Images, Labels, Matrix, typed_like
from purenn.data import Augmentation, AugmentedBatches, Mixing, augmented

SIZE = 9
IMAGES: Images = np.random.default_rng(0).uniform(0.5, 1.0, (200, 8, 10, 2))
LABELS: Labels = np.arange(200) % SIZE
KEY = Key(5)
Changes = Augmentation[Images]
Blends = Mixing[Images]
CHANGES: list[Changes] = [
    *(data.random_flip(), data.random_shift(2), data.random_erasing(value=-1.0)),
    *(data.cutout(3), data.gaussian_noise(0.1)),
]
MIXINGS: list[Blends] = [data.mixup(0.4, SIZE), data.cutmix(1.0, SIZE)]


def test_every_public_augmentation_is_here() -> None:
    assert makers(data, Augmentation) == {repr(change).split("(")[0] for change in CHANGES}
    assert makers(data, Mixing) == {repr(mixing).split("(")[0] for mixing in MIXINGS}


def called(made: Changes | Blends, x: Images, key: Key = KEY) -> tuple[AnyArray, ...]:
    """All that comes of images, and of their labels."""
    return made(x, LABELS[: len(x)], key) if isinstance(made, Mixing) else (made(x, key),)


@dtypes
@pytest.mark.parametrize("made", [*CHANGES, *MIXINGS], ids=repr)
def test_augmentations_and_mixings_are_pure_functions_of_batch_and_key(
    made: Changes | Blends, dtype: FloatDtype
) -> None:
    x: Images = IMAGES.astype(dtype)
    before, found = bits((x, LABELS)), called(made, x)
    assert bits((x, LABELS)) == before
    assert found[0].shape == x.shape
    assert {(each.dtype, each.flags.writeable) for each in found} == {(dtype, False)}
    for same in (made, *copies(made)):
        assert (same, bits(called(same, typed_like(spread(x), x)))) == (made, bits(found))
    assert bits(called(made, x, Key(6))) != bits(found)
    assert bits(found[0]) != bits(x)
    assert called(made, x[:1])[0].shape == (1, 8, 10, 2)


@dtypes
@pytest.mark.parametrize("mixing", MIXINGS, ids=repr)
def test_mixtures_have_rows_of_probabilities(mixing: Blends, dtype: FloatDtype) -> None:
    x: Images = IMAGES.astype(dtype)
    (y, rows), one_hot = mixing(x, LABELS, KEY), np.eye(SIZE, dtype=dtype)[LABELS]
    assert rows.shape == (200, SIZE)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, 1e-6)
    assert bits(mixing(x, one_hot, KEY)) == bits((y, rows))
    assert bits(mixing(x, LABELS, Key(6))[1]) != bits(rows)
    for found, given in zip(mixing(x[:1], LABELS[:1], KEY), (x, one_hot), strict=True):
        np.testing.assert_allclose(found, given[:1], 1e-6)


def test_flips_mirror_about_as_many_images_as_asked_for() -> None:
    for probability, low, high in ((0.0, 0, 0), (0.3, 40, 80), (1.0, 200, 200)):
        y = data.random_flip(probability)(IMAGES, KEY)
        turned = [bits(a) == bits(b[:, ::-1]) for a, b in zip(y, IMAGES, strict=True)]
        kept = [bits(a) == bits(b) for a, b in zip(y, IMAGES, strict=True)]
        assert [a != b for a, b in zip(turned, kept, strict=True)] == [True] * 200
        assert low <= sum(turned) <= high


def test_shifts_move_images_by_every_offset_and_fill_in_zeros() -> None:
    y, seen = data.random_shift(2)(IMAGES, KEY), set()
    padded = np.pad(IMAGES, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for found, image in zip(y, padded, strict=True):
        shown = {(i, j): image[i : i + 8, j : j + 10] for i, j in np.ndindex(5, 5)}
        fits = [place for place, part in shown.items() if np.array_equal(found, part)]
        assert len(fits) == 1
        seen.update(fits)
    assert len(seen) == 25
    assert (data.random_shift(7)(IMAGES, KEY) > 0).any(axis=(1, 2, 3)).all()


def boxes(y: Images, x: Images) -> list[tuple[int, int, int, int]]:
    """Where the images differ: top, bottom, left, right; all that lies there must differ."""
    found = []
    for changed in (y != x).all(axis=3):
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if not rows.size:
            continue
        assert changed.sum() == rows.size * columns.size
        found.append((int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1))
    assert ((y != x).any(axis=3) == (y != x).all(axis=3)).all()
    return found


def test_erased_rectangles_have_the_areas_and_ratios_asked_for() -> None:
    x: Images = np.ones((500, 40, 60, 1))
    y = data.random_erasing(0.6, area=(0.05, 0.2), ratio=(0.5, 3.0), value=7.0)(x, KEY)
    assert set(np.unique(y).tolist()) == {1.0, 7.0}
    found = np.array(boxes(y, x))
    assert 250 < len(found) < 350
    heights, widths = found[:, 1] - found[:, 0], found[:, 3] - found[:, 2]
    areas, ratios = heights * widths / 2400, heights / widths
    assert 0.045 < areas.min() < 0.06
    assert 0.18 < areas.max() < 0.21
    assert 0.45 < ratios.min() < 0.6
    assert 2.6 < ratios.max() < 3.4
    assert found[:, 0].min() == found[:, 2].min() == 0
    assert (found[:, 1].max(), found[:, 3].max()) == (40, 60)
    least: Changes = data.random_erasing(1.0, (1e-6, 1e-6))
    assert (least(x, KEY) == 0.0).sum(axis=(1, 2, 3)).tolist() == [1] * 500
    whole: Changes = data.random_erasing(1.0, (1.0, 1.0), (1.0, 1.0))
    np.testing.assert_array_equal(whole(x, KEY)[:, :, 5:55].sum(axis=(0, 3))[:, 10:40], 0.0)


def test_cutouts_are_squares_cut_at_the_border() -> None:
    y = data.cutout(5)(IMAGES, KEY)
    found = np.array(boxes(y, IMAGES))
    assert (len(found), y.min(), y[y != IMAGES].max()) == (200, 0.0, 0.0)
    heights, widths = found[:, 1] - found[:, 0], found[:, 3] - found[:, 2]
    assert {*heights.tolist(), *widths.tolist()} == {3, 4, 5}
    inner = (found[:, 0] > 0) & (found[:, 1] < 8)
    assert (heights[inner] == 5).all()
    assert {*found[:, 0].tolist()} == set(range(6))
    assert {*found[:, 3].tolist()} == set(range(3, 11))


def test_noise_is_normal() -> None:
    x: Matrix = np.full((1000, 20), 5.0, np.float32)
    y = data.gaussian_noise(0.5)(x, KEY)
    assert (float(y.mean()), float(y.std())) == pytest.approx((5.0, 0.5), rel=0.02)
    assert bits(data.gaussian_noise(0)(x, KEY)) == bits(x)


def test_mixup_blends_samples_and_targets_by_one_share() -> None:
    x: Matrix = np.eye(SIZE)
    shares = []
    for seed in range(200):
        y, rows = data.mixup(0.2, SIZE)(x, np.arange(SIZE), Key(seed))
        np.testing.assert_array_equal(y, rows)
        np.testing.assert_allclose(rows.sum(axis=0), 1.0)
        shares.append(float(np.median(rows.diagonal())))
    # The variance of the beta distribution (a, a) is 1 / (4 (2 a + 1)).
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)
    assert np.var(shares) == pytest.approx(1 / 5.6, rel=0.15)


def test_cutmix_pastes_one_rectangle_and_weighs_by_its_area() -> None:
    x: Images = np.arange(6.0).reshape(6, 1, 1, 1) * np.ones((1, 12, 16, 1))
    places: list[tuple[int, int, int, int]] = []
    for seed in range(100):
        y, rows = data.cutmix(1.0, 6)(x, np.arange(6), Key(seed))
        shares = np.array([[(image == n).mean() for n in range(6)] for image in y])
        np.testing.assert_allclose(rows, shares, atol=1e-12)
        found = boxes(y, x)
        assert len(set(found)) <= 1
        places += found[:1] or [(6, 6, 8, 8)]
    tops, bottoms, lefts, rights = np.transpose(places)
    assert 0.25 < np.mean((bottoms - tops) * (rights - lefts)) / 192 < 0.45
    assert (tops.min(), bottoms.max(), lefts.min(), rights.max()) == (0, 12, 0, 16)
    assert 10.5 < np.mean(tops + bottoms) < 12.5  # even lengths lie half a pixel before the center


def bits_of(batches: AugmentedBatches[Images, Matrix]) -> list[tuple[object, Key]]:
    return [(bits((batch.inputs, batch.targets)), batch.key) for batch in batches]


def test_augmented_batches_are_a_sequence_that_can_be_cut_anywhere() -> None:
    source = nn.shuffled_batches(nn.dataset(IMAGES.astype(np.float32), LABELS), 30, KEY, epoch=2)
    flip, shift = data.random_flip(), data.random_shift(1)
    batches = augmented(source, flip, shift, mixing=data.mixup(0.2, SIZE))
    whole = bits_of(batches)
    assert (len(batches), repr(batches)) == (7, "<7 augmented batches>")
    assert bits_of(batches) == whole
    for cut in (slice(3, None), slice(None, None, -2), slice(9, None)):
        part = augmented(source[cut], flip, shift, mixing=data.mixup(0.2, SIZE))
        assert bits_of(batches[cut]) == bits_of(part) == whole[cut]
    assert [batch.key for batch in batches] == [batch.key for batch in source]
    assert bits(batches[-1].inputs) == bits(batches[6].inputs)
    same: AugmentedBatches[Images, Matrix] = pickle.loads(pickle.dumps(batches))  # noqa: S301
    assert bits_of(same) == whole
    with pytest.raises(IndexError):
        batches[7]
    for batch, plain in zip(augmented(source), source, strict=True):
        assert bits((batch.inputs, batch.targets)) == bits((plain.inputs, plain.targets))
    twice = augmented(source, flip, flip)  # from streams of their own
    assert bits(twice[0].inputs) != bits(source[0].inputs)
    first, second = (source[0].key.child("augmentation", n) for n in (0, 1))
    by_hand = shift(flip(source[0].inputs, first), second)
    assert bits(augmented(source, flip, shift)[0].inputs) == bits(by_hand)


def test_functions_of_ones_own_may_write_to_their_arrays_again() -> None:
    images: Images = IMAGES.copy()
    rows: Matrix = np.eye(SIZE)[LABELS]
    change: Changes = Augmentation(lambda x, key: images[:])
    mixing: Blends = Mixing(lambda x, targets, key: (images[:], rows[:]))
    found = change(IMAGES, KEY), *mixing(IMAGES, LABELS, KEY)
    images[:], rows[:] = -1.0, -1.0
    assert min(array.min() for array in found) == 0.0
    assert not any(array.flags.writeable for array in found)
    shared = data.random_flip()(IMAGES, KEY)
    same: Changes = Augmentation(lambda x, key: shared)
    assert same(IMAGES, KEY) is shared
