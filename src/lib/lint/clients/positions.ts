/** Tells the line and column of places in a text. */
export class Positions {
  private readonly starts: number[] = [0]

  constructor(text: string) {
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) this.starts.push(end + 1)
  }

  /** Returns line and column of an offset, both counted from 1; columns in UTF-16 units, as SARIF and editors do. */
  at(offset: number): { line: number; column: number } {
    let [low, high] = [0, this.starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 }
  }
}
