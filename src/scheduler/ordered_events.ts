/** Events in the order in which things happened, also where one of them may only be told later. */
import type { Event } from "../core/event.ts";

export interface OrderedEvents {
  emit(event: Event): void;
  /** Takes its place now; what comes after it waits until it is there. One that never comes is left out. */
  emitWhen(event: Promise<Event>): void;
}

interface Place {
  /** Undefined while it is awaited, null when it never comes. */
  event: Event | null | undefined;
}

/** `tell` is called at once where nothing that came before is still awaited. */
export function openOrderedEvents(tell: (event: Event) => void): OrderedEvents {
  const places: Place[] = [];
  let first = 0;
  const tellKnown = () => {
    for (; first < places.length && places[first]!.event !== undefined; first++) {
      const { event } = places[first]!;
      if (event !== null) tell(event!);
    }
    if (first === places.length || first > 10_000) places.splice(0, first), first = 0;
  };
  return {
    emit(event) {
      if (places.length === 0) return tell(event);
      places.push({ event });
    },
    emitWhen(event) {
      const place: Place = { event: undefined };
      places.push(place);
      const fill = (known: Event | null) => {
        place.event = known;
        if (places[first] === place) tellKnown();
      };
      event.then(fill, () => fill(null));
    },
  };
}
