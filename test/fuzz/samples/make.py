"""Writes the binary samples beside this file: small tables and arrays as their own libraries write them."""

from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet as parquet

folder = Path(__file__).parent
table = pyarrow.table(
    {
        "id": numpy.arange(12) + 2**60,
        "x": numpy.linspace(0, 1, 12),
        "name": [f"row {row % 3}" for row in range(12)],
        "maybe": [None if row % 3 == 0 else row * 0.5 for row in range(12)],
        "list": [[row, row + 1] for row in range(12)],
        "flag": [row % 2 == 0 for row in range(12)],
    }
)
for codec in ["snappy", "gzip", "none"]:
    parquet.write_table(table, folder / f"{codec}.parquet", compression=codec, row_group_size=7)
numpy.save(folder / "matrix.npy", numpy.arange(12, dtype="<f4").reshape(3, 4))
numpy.save(folder / "texts.npy", numpy.array(["a", "bc", "def"]))
numpy.savez(folder / "stored.npz", a=numpy.arange(5), b=numpy.ones((2, 2), dtype=complex))
numpy.savez_compressed(folder / "deflated.npz", a=numpy.zeros(300), b=numpy.arange(3, dtype=">i2"))
header = b'{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
header += b'"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}'
data = len(header).to_bytes(8, "little") + header + numpy.arange(4, dtype="<f4").tobytes() + bytes(6)
(folder / "tensors.safetensors").write_bytes(data)
