/** The part of an exported project's driver that reads, checks and writes the values of parameters. */

/** `parameter_values.py`: as `parseParameter()` and `checkParameter()` do, and numbers written as JavaScript writes them. */
export const valuesScript = String
  .raw`"""Values of parameters: what was given, checked by the types and ranges of the pipeline."""

import json
import os
import re


class Refused(Exception):
    """What was asked wrongly."""


def read_values(pipeline, name, entry, words, folder):
    """Every parameter in reach by full name: what was given, else its default."""
    given = {}
    for index in range(0, len(words), 2):
        word = words[index]
        if not word.startswith("--") or index + 1 == len(words):
            raise Refused("Cannot read the argument %s as arguments are --NAME VALUE" % word)
        short = word[2:]
        full = entry["parameters"].get(short)
        if full is None:
            known = ", ".join(sorted(entry["parameters"])) or "none"
            raise Refused("Cannot set %s as %s has no parameter of that name: %s" % (short, name, known))
        given[full] = words[index + 1]
    values = {}
    for full in sorted(set(entry["parameters"].values())):
        spec = pipeline["parameters"][full]
        if full in given:
            values[full] = check(spec, full, parse(spec, full, given[full]))
        elif "defaultFile" in spec:
            values[full] = os.path.join(folder, *spec["defaultFile"].split("/"))
        elif "default" in spec:
            values[full] = spec["default"]
        else:
            raise Refused("Cannot run %s as parameter %s has no value" % (name, full))
    return values


def parse(spec, name, text):
    kind = spec["type"]
    if kind == "float":
        if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
            refuse_value(spec, name, text)
        return float(text)
    if kind == "int":
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            refuse_value(spec, name, text)
        return int(text)
    if kind == "boolean":
        if text not in ("true", "false"):
            refuse_value(spec, name, text)
        return text == "true"
    return text


def check(spec, name, value):
    kind = spec["type"]
    if kind in ("float", "int"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            refuse_value(spec, name, value)
        if value != value or abs(value) == float("inf"):
            refuse_value(spec, name, value)
        if kind == "int":
            if value != int(value) or abs(value) > 9007199254740991:
                refuse_value(spec, name, value)
            value = int(value)
        is_low = "min" in spec and value < spec["min"] or "exclusiveMin" in spec and value <= spec["exclusiveMin"]
        is_high = "max" in spec and value > spec["max"] or "exclusiveMax" in spec and value >= spec["exclusiveMax"]
        if is_low or is_high:
            refuse_value(spec, name, value)
        return 0 if value == 0 else value
    if kind == "boolean":
        return value
    if not isinstance(value, str) or "\0" in value or (value == "" and kind in ("path", "uri")):
        refuse_value(spec, name, value)
    if kind == "choice" and value not in spec["choices"]:
        refuse_value(spec, name, value)
    if kind == "string":
        if len(value) < spec.get("minLength", 0) or len(value) > spec.get("maxLength", 6000):
            refuse_value(spec, name, value)
        if spec.get("pythonPattern") and not re.search(spec["pythonPattern"], value):
            refuse_value(spec, name, value)
    if kind == "path":
        value = os.path.abspath(value)
        if not os.path.exists(value):
            raise Refused("Cannot set %s to %s as nothing is there" % (name, value))
    return value


def refuse_value(spec, name, value):
    rules = {"min": "at least %s", "max": "at most %s", "exclusiveMin": "above %s", "exclusiveMax": "below %s"}
    words = [spec["type"]] + [rules[key] % spec[key] for key in rules if key in spec]
    if "choices" in spec:
        words = ["one of: " + ", ".join(spec["choices"])]
    if "pattern" in spec:
        words.append("matching /%s/" % spec["pattern"])
    words += ["of at least %s characters" % spec["minLength"]] if "minLength" in spec else []
    words += ["of at most %s characters" % spec["maxLength"]] if "maxLength" in spec else []
    shown = text_of(value) if not isinstance(value, str) else value
    raise Refused("Cannot set %s to %s as it must be %s" % (name, json.dumps(shown)[1:-1] or "an empty text", " ".join(words)))


def texts(values):
    return {key: text_of(value) for key, value in values.items()}


def text_of(value):
    """As JavaScript writes it, which is how sluice records it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    if value != value or abs(value) == float("inf"):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    sign = "-" if value < 0 else ""
    digits, exponent = ("%r" % abs(value)).lower(), 0
    if "e" in digits:
        digits, power = digits.split("e")
        exponent = int(power)
    whole, _, rest = digits.partition(".")
    plain = (whole + rest).lstrip("0")
    point = len(whole) + exponent - (len(whole + rest) - len(plain))
    plain = plain.rstrip("0")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + plain
    if 0 < point <= 21:
        return sign + plain[:point].ljust(point, "0") + ("." + plain[point:] if plain[point:] else "")
    mantissa = plain[0] + ("." + plain[1:] if plain[1:] else "")
    return "%s%se%s%d" % (sign, mantissa, "+" if point > 0 else "-", abs(point - 1))
`;
