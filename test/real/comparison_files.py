"""Writes pairs of files in the formats of data frames and arrays; the folder is the argument."""

import sys
from pathlib import Path

import numpy
import pandas
import pyarrow
import pyarrow.parquet as parquet

folder = Path(sys.argv[1])


def frame(**changes):
    rows = 5000
    columns = {
        "id": numpy.arange(rows) + 2**60,
        "x": numpy.linspace(0, 1, rows),
        "name": [f"row {row}" for row in range(rows)],
        "maybe": [None if row % 3 == 0 else row * 0.5 for row in range(rows)],
        "list": [[row, row + 1] for row in range(rows)],
        "day": pandas.date_range("2024-01-01", periods=rows, freq="h"),
        "flag": [row % 2 == 0 for row in range(rows)],
    }
    for name, (row, value) in changes.items():
        columns[name] = list(columns[name])
        columns[name][row] = value
    return pyarrow.table(columns)


def write(name, before, after, one=None, other=None):
    parquet.write_table(before, folder / f"{name}.before", **(one or {}))
    parquet.write_table(after, folder / f"{name}.after", **(other or one or {}))


for codec in ["snappy", "zstd", "gzip", "brotli", "none"]:
    write(f"parquet-{codec}", frame(), frame(x=(4321, 7.5)), {"compression": codec})
write("parquet-groups", frame(), frame(name=(4321, "other")), {"row_group_size": 1000}, {"row_group_size": 700})
write("parquet-written", frame(), frame(), {"compression": "snappy"}, {"compression": "zstd"})
write("parquet-near", frame(), frame(x=(0, 1e-9)))
write("parquet-integer", frame(), frame(id=(7, 2**60 + 8)))
write("parquet-null", frame(), frame(maybe=(4, None)))
write("parquet-list", frame(), frame(list=(9, [9, 11])))
write("parquet-day", frame(), frame(day=(9, pandas.Timestamp("2025-05-05"))))
write("parquet-flag", frame(), frame(flag=(1, True)))
write("parquet-v2", frame(), frame(flag=(1, True)), {"data_page_version": "2.0"})
write("parquet-plain", frame(), frame(name=(1, "z")), {"use_dictionary": False})
write("parquet-rows", frame(), frame().slice(0, 4999))
write("parquet-columns", frame(), frame().select(["x", "id", "name", "maybe", "list", "day", "flag"]))
write("parquet-type", frame(), frame().set_column(1, "x", frame().column("x").cast(pyarrow.float32())))

weights = {"w": numpy.arange(6.0).reshape(2, 3), "b": numpy.zeros(2, dtype="float16")}
changed = {**weights, "w": weights["w"].copy()}
changed["w"][1, 2] = 9
for name, save in [("npz", numpy.savez), ("npz-compressed", numpy.savez_compressed)]:
    for side, arrays in [("before", weights), ("after", changed)]:
        with open(folder / f"{name}.{side}", "wb") as file:
            save(file, **arrays)
for side, array in [("before", weights["w"].T), ("after", changed["w"].T)]:
    with open(folder / f"npy.{side}", "wb") as file:
        numpy.save(file, array)
