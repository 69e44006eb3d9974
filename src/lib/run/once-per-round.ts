/** Reads something once for all searches of a round, so that a thousand files are looked for in one listing. */
export function oncePerRound<T>(read: () => Promise<T>): (round: object) => Promise<T> {
  const readings = new WeakMap<object, Promise<T>>()
  return (round) => {
    let reading = readings.get(round)
    if (reading === undefined) {
      reading = read()
      readings.set(round, reading)
    }
    return reading
  }
}
