"""Makes a conda channel in a folder: this interpreter as a package, and small ones beside it. `make_channel.py FOLDER`.

An index of a channel and a package are as conda's documentation has them: repodata.json by platform, and archives with
info/index.json and info/paths.json.
"""

import bz2
import hashlib
import io
import json
import os
import platform
import sys
import sysconfig
import tarfile

channel = sys.argv[1]
subdir = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}[platform.machine()]
minor = "{}.{}".format(*sys.version_info)
full = "{}.{}.{}".format(*sys.version_info)
placeholder = "/opt/placeholder_" + "p" * 200
repodata = {subdir: {}, "noarch": {}}


def package(where, name, version, files, depends=(), noarch=None, programs=(), placeholders=(), links=None, extra=None):
    """`files` is bytes or a path of this machine, by path in the environment."""
    file_name = f"{name}-{version}-0.tar.bz2"
    index = {
        "name": name, "version": version, "build": "0", "build_number": 0, "subdir": where,
        "depends": list(depends), **({"noarch": noarch} if noarch else {}),
    }
    if where != "noarch":
        index.update(platform="linux", arch=platform.machine())
    paths = []
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:

        def add(path, content, mode=0o644):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))

        for path, content in files.items():
            if isinstance(content, str):
                with open(content, "rb") as file:
                    content = file.read()
            is_program = path.startswith("bin/") or path in programs
            add(path, content, 0o755 if is_program else 0o644)
            entry = {
                "_path": path, "path_type": "hardlink",
                "sha256": hashlib.sha256(content).hexdigest(), "size_in_bytes": len(content),
            }
            if path in placeholders:
                is_text = b"\0" not in content
                entry.update(prefix_placeholder=placeholder, file_mode="text" if is_text else "binary")
            paths.append(entry)
        for path, target in (links or {}).items():
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
            paths.append({"_path": path, "path_type": "softlink"})
        add("info/index.json", json.dumps(index).encode())
        add("info/paths.json", json.dumps({"paths": paths, "paths_version": 1}).encode())
        add("info/files", "".join(f"{entry['_path']}\n" for entry in paths).encode())
        for path, content in (extra or {}).items():
            add(path, content)
    data = bz2.compress(out.getvalue(), 1)
    os.makedirs(os.path.join(channel, where), exist_ok=True)
    with open(os.path.join(channel, where, file_name), "wb") as file:
        file.write(data)
    repodata[where][file_name] = {
        **index, "size": len(data),
        "md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest(),
    }


def interpreter():
    """This Python, less what no test needs."""
    left = {"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "distutils", "__pycache__",
            "site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py"}
    program = os.path.realpath(sys._base_executable if hasattr(sys, "_base_executable") else sys.executable)
    files = {f"bin/python{minor}": program}
    standard = sysconfig.get_path("stdlib")
    for folder, names, found in os.walk(standard):
        names[:] = [name for name in names if name not in left and not name.startswith("config-")]
        for name in found:
            path = os.path.join(folder, name)
            if name not in left and not name.endswith(".a") and os.path.isfile(path):
                files[f"lib/python{minor}/" + os.path.relpath(path, standard)] = os.path.realpath(path)
    library = sysconfig.get_config_var("INSTSONAME") or ""
    where = os.path.join(sysconfig.get_config_var("LIBDIR") or "", library)
    if library.endswith((".so", ".so.1.0")) and os.path.isfile(where):
        files[f"lib/{library}"] = os.path.realpath(where)
    # A system's own Python looks for packages elsewhere.
    files[f"lib/python{minor}/sitecustomize.py"] = (
        f'import site, sys\nsite.addsitedir(sys.prefix + "/lib/python{minor}/site-packages")\n'
    ).encode()
    return files


package(subdir, "python", full, interpreter(),
        links={"bin/python": f"python{minor}", "bin/python3": f"python{minor}"})
package("noarch", "greeting", "1.0", {
    "site-packages/greeting/__init__.py": b'VERSION = "1.0"\ndef main():\n    print("greeting", VERSION)\n',
    "site-packages/greeting-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
    "site-packages/greeting-1.0.dist-info/RECORD": b"greeting/__init__.py,,\ngreeting-1.0.dist-info/METADATA,,\n",
}, depends=["python >=3.8"], noarch="python",
    extra={"info/link.json": json.dumps({
        "noarch": {"type": "python", "entry_points": ["greet = greeting:main"]}, "package_metadata_version": 1,
    }).encode()})
package("noarch", "greeting", "2.0", {
    "site-packages/greeting/__init__.py": b'VERSION = "2.0"\ndef main():\n    print("greeting", VERSION)\n',
    "site-packages/greeting-2.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: greeting\nVersion: 2.0\n",
}, depends=["python >=3.8", "helper"], noarch="python")
package("noarch", "helper", "0.1", {"share/helper/place.txt": f"{placeholder}/share\n".encode()},
        placeholders=["share/helper/place.txt"], noarch="generic")
package(subdir, "setting", "1", {
    "etc/conda/activate.d/setting.sh": b'export SETTING="from $CONDA_PREFIX"\n',
    "lib/setting.bin": b"\x7fELF\0\0" + f"{placeholder}/lib".encode() + b"\0\0end",
}, placeholders=["lib/setting.bin"])
package("noarch", "needs-newer", "1.0", {}, depends=["greeting >=3"], noarch="generic")
package("noarch", "needs-cuda", "1.0", {}, depends=["__cuda >=99"], noarch="generic")

for where, packages in repodata.items():
    os.makedirs(os.path.join(channel, where), exist_ok=True)
    with open(os.path.join(channel, where, "repodata.json"), "w") as file:
        json.dump({"info": {"subdir": where}, "packages": packages, "packages.conda": {}, "repodata_version": 1}, file)
