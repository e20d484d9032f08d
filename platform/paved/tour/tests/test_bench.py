"""The benchmark's rows are the tours' own figures."""

from paved.tour.bench import Row, rows


def document(wall: float, seconds: float, size: float) -> dict[str, object]:
    """Return a tour of one step."""
    figures = [
        {"name": "image", "value": size, "unit": "MB"},
        {"name": "digest", "value": "sha256:0", "unit": ""},
    ]
    steps = [{"name": "image", "seconds": seconds, "figures": figures}]
    return {"wall": wall, "downloaded": 2_000_000, "steps": steps}


def test_each_figure_has_its_spread() -> None:
    """Times, sizes and downloads come with minimum, median and maximum; text is left out."""
    found = rows([document(10, 4, 56), document(40, 2, 56), document(20, 3, 56)])
    assert found == [
        Row("whole tour", "s", 10, 20, 40, 3),
        Row("downloaded", "MB", 2, 2, 2, 3),
        Row("step image", "s", 2, 3, 4, 3),
        Row("image: image", "MB", 56, 56, 56, 3),
    ]


def test_the_median_of_two_is_between_them() -> None:
    """An even number of runs gives the interpolated median."""
    assert rows([document(10, 1, 1), document(15, 1, 1)])[0].median == 12.5
